/**
 * The organization's spend limit, shared out. No write can see two items, so a
 * project is granted a part of the limit before it needs it and spends from
 * that; what all projects have been granted never exceeds the limit, so neither
 * does what they spend.
 *
 *   organization   A granted to all and not given back
 *                  g.<id> ever granted to one, b.<id> ever given back by it
 *   project        G2611 ever granted, B2611 ever given back
 *                  S2611 = G2611 - B2611 - M2611 left of it
 *
 * Both sides keep the whole sums, which only grow, so whoever is late with one
 * changes nothing, and what someone died over is found by the next that asks.
 * The organization has an item for each month: it names every project.
 */
import type { AdmissionStore } from './admission-store.ts';
import { type Counters, names } from './counters.ts';
import { type Condition, noChange } from './update.ts';

export const organizationId = (month: string): string => `organization#${month}`;
const allotted = 'A';
const grantedTo = (id: string) => `g.${id}`;
const givenBackBy = (id: string) => `b.${id}`;

/** A grant is at least this part of what is left: few grants while there is plenty, and little tied up when there is not. */
const partsOfTheRest = 256;

export type Grantee = { readonly id: string; readonly month: string };

/** The counters of the project with a larger share, or null when the organization has nothing left to give. */
export async function askForGrant(
  store: AdmissionStore,
  { id, month }: Grantee,
  limitMicroUsd: number,
  needMicroUsd: number,
  known: Counters,
  unsweptSince: string,
): Promise<Counters | null> {
  const granted = await allot(store, { id, month }, limitMicroUsd, needMicroUsd);
  return granted === null ? null : takeUp(store, { id, month }, granted, known, unsweptSince);
}

/**
 * What a project has spent without having been granted it, from before there was
 * a limit or knew of it, is granted after the event: others then have the less.
 */
export async function bookSpent(store: AdmissionStore, { id, month }: Grantee, counters: Counters): Promise<void> {
  const owed = -(counters[names.slack(month)] ?? 0);
  if (owed <= 0) return;
  const booked = await store.admit(organizationId(month), {
    ...noChange,
    add: { [allotted]: owed, [grantedTo(id)]: owed },
  });
  await takeUp(store, { id, month }, booked.counters[grantedTo(id)] ?? owed, counters);
}

/** The project's side of a grant. `granted` is the sum of all of them. */
async function takeUp(
  store: AdmissionStore,
  { id, month }: Grantee,
  granted: number,
  known: Counters,
  unsweptSince?: string,
): Promise<Counters> {
  let counters = known;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const seen = counters[names.granted(month)];
    if (seen !== undefined && seen >= granted) return counters;
    const update = {
      ...noChange,
      add: { [names.slack(month)]: granted - (seen ?? 0), [names.admissions]: 1 },
      set: { [names.granted(month)]: granted },
      conditions: [is(names.granted(month), seen)],
    };
    const result = await store.admit(id, update, unsweptSince);
    counters = result.applied ? { ...counters, ...result.counters } : result.counters;
    if (result.applied) return counters;
  }
  return counters;
}

const maxTries = 5;

const is = (attribute: string, seen: number | undefined): Condition =>
  seen === undefined ? { attribute, is: 'absent' } : { attribute, is: 'equal', value: seen };

/** All that the grantee has been granted by now, or null. */
async function allot(
  store: AdmissionStore,
  { id, month }: Grantee,
  limit: number,
  need: number,
): Promise<number | null> {
  let known: Counters = await store.get(organizationId(month));
  for (let tries = 0; tries < maxTries; tries += 1) {
    const rest = limit - (known[allotted] ?? 0);
    // The last of it goes in part: the call then shrinks to what there is.
    const amount = Math.min(Math.max(need, Math.ceil(rest / partsOfTheRest)), rest);
    if (amount <= 0) return known[grantedTo(id)] ?? null;
    const { applied, counters } = await store.admit(organizationId(month), {
      ...noChange,
      add: { [allotted]: amount, [grantedTo(id)]: amount },
      conditions: [{ attribute: allotted, is: 'absent or at most', value: limit - amount }],
    });
    if (applied) return counters[grantedTo(id)] ?? amount;
    known = counters;
  }
  return null;
}

/** What an idle project has left goes back, for others to have. The project gives first, so nothing is ever had twice. */
export async function giveBack(store: AdmissionStore, { id, month }: Grantee, known: Counters): Promise<void> {
  // Whoever asked for a grant may have died before the project had it.
  const granted = (await store.get(organizationId(month)))[grantedTo(id)] ?? 0;
  const isMissing = granted > (known[names.granted(month)] ?? 0);
  const counters = isMissing ? await takeUp(store, { id, month }, granted, known) : known;
  const left = counters[names.slack(month)] ?? 0;
  const before = counters[names.givenBack(month)];
  if (left > 0) {
    const { applied } = await store.once(id, {
      ...noChange,
      add: { [names.slack(month)]: -left },
      set: { [names.givenBack(month)]: (before ?? 0) + left },
      conditions: [is(names.givenBack(month), before), { attribute: names.slack(month), is: 'at least', value: left }],
    });
    if (!applied) return;
  }
  await takeIn(store, { id, month }, (before ?? 0) + Math.max(0, left));
}

/** Also what an earlier sweep had the project give, and then died. */
async function takeIn(store: AdmissionStore, { id, month }: Grantee, givenBack: number): Promise<void> {
  if (givenBack === 0) return;
  const seen = (await store.get(organizationId(month)))[givenBackBy(id)];
  const more = givenBack - (seen ?? 0);
  if (more <= 0) return;
  await store.once(organizationId(month), {
    ...noChange,
    add: { [allotted]: -more },
    set: { [givenBackBy(id)]: givenBack },
    conditions: [is(givenBackBy(id), seen)],
  });
}

/**
 * The organization's spend limit, shared out. No write can see two items, so a
 * project is granted a part of the limit before it needs it and spends from
 * that; what all projects have been granted never exceeds the limit, so neither
 * does what they spend.
 *
 *   organization   A2611 granted to all, g2611.<id> granted to one
 *   project        G2611 of which it knows, S2611 = G2611 - M2611 left of it
 *
 * Both sides keep the whole sum granted, never a difference, so a grant whose
 * taker died in between is found by the next that asks.
 */
import type { AdmissionStore } from './admission-store.ts';
import { type Counters, names } from './counters.ts';
import { noChange } from './update.ts';

export const organizationId = 'organization';
const allotted = (month: string) => `A${month}`;
const grantedTo = (id: string, month: string) => `g${month}.${id}`;

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
  if (granted === null) return null;
  let counters = known;
  for (let tries = 0; tries < maxTries; tries += 1) {
    const seen = counters[names.granted(month)];
    if (seen !== undefined && seen >= granted) return counters;
    const update = {
      ...noChange,
      add: { [names.slack(month)]: granted - (seen ?? 0) },
      set: { [names.granted(month)]: granted },
      conditions: [
        seen === undefined
          ? ({ attribute: names.granted(month), is: 'absent' } as const)
          : ({ attribute: names.granted(month), is: 'equal', value: seen } as const),
      ],
    };
    const result = await store.admit(id, update, unsweptSince);
    counters = result.applied ? { ...counters, ...result.counters } : result.counters;
    if (result.applied) return counters;
  }
  return counters;
}

const maxTries = 5;

/** All that the grantee has been granted by now, or null. */
async function allot(
  store: AdmissionStore,
  { id, month }: Grantee,
  limit: number,
  need: number,
): Promise<number | null> {
  let known: Counters = await store.get(organizationId);
  for (let tries = 0; tries < maxTries; tries += 1) {
    const rest = limit - (known[allotted(month)] ?? 0);
    // The last of it goes in part: the call then shrinks to what there is.
    const amount = Math.min(Math.max(need, Math.ceil(rest / partsOfTheRest)), rest);
    if (amount <= 0) return known[grantedTo(id, month)] ?? null;
    const { applied, counters } = await store.admit(organizationId, {
      ...noChange,
      add: { [allotted(month)]: amount, [grantedTo(id, month)]: amount },
      conditions: [{ attribute: allotted(month), is: 'absent or at most', value: limit - amount }],
    });
    if (applied) return counters[grantedTo(id, month)] ?? amount;
    known = counters;
  }
  return null;
}

/** What an idle project has left goes back, for others to have. The project gives first, so nothing is ever had twice. */
export async function giveBack(store: AdmissionStore, { id, month }: Grantee, counters: Counters): Promise<void> {
  const left = counters[names.slack(month)] ?? 0;
  const granted = counters[names.granted(month)];
  if (granted === undefined || left <= 0) return;
  const given = await store.once(id, {
    ...noChange,
    add: { [names.slack(month)]: -left, [names.granted(month)]: -left },
    conditions: [
      { attribute: names.granted(month), is: 'equal', value: granted },
      { attribute: names.slack(month), is: 'at least', value: left },
    ],
  });
  if (!given.applied) return;
  await store.once(organizationId, {
    ...noChange,
    add: { [allotted(month)]: -left, [grantedTo(id, month)]: -left },
    conditions: [{ attribute: grantedTo(id, month), is: 'equal', value: granted }],
  });
}

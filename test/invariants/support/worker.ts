/** A process that calls, as an instance of a function would: tasks.ts says what. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../../shared/errors.ts';
import { troubled } from './flaky.ts';
import { asking, clientsOf, type House, heldTo, houseOf } from './house.ts';
import type { Admission, Flood, Place, Spend, Spent, Task, Told } from './tasks.ts';

const place = JSON.parse(process.argv[2] ?? '{}') as Place;
const tell = (told: Told) => process.send?.(told);
const steadyUs = (): number => Number(process.hrtime.bigint() / 1000n);
const upTo = (most: number): number => 1 + Math.floor(Math.random() * most);

/** The readings of the clock by one call. */
const readings = new AsyncLocalStorage<number[]>();

function houseWith(offsetMs: number): House {
  const now = () => {
    const reading = Date.now() + offsetMs + place.skewMs;
    readings.getStore()?.push(reading);
    return reading;
  };
  const { db, onceDb } = clientsOf(place.endpoint);
  const clients = { db: troubled(db, place.trouble), onceDb: troubled(onceDb, place.trouble) };
  return houseOf({ clients, names: place.names, now });
}

/** A refusal, or a write whose answer was lost too often: the caller comes again. */
const orNothing = async <Result>(work: Promise<Result>): Promise<Result | GatewayError> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
};

async function flood({ limited, loops, forMs, mostTokens, streams }: Flood): Promise<Admission[]> {
  const { admission } = houseWith(0);
  const held = heldTo(limited);
  const admissions: Admission[] = [];
  let untilMs = Number.POSITIVE_INFINITY;
  const noRow = { write: async () => {}, takeBack: async () => {} };

  const call = async (): Promise<void> => {
    const own: number[] = [];
    const asked = asking(mostTokens === 0 ? 0 : upTo(mostTokens), null, { stream: streams });
    const work = readings.run(own, () =>
      orNothing(admission.admit(held, 'model', asked, { ...noRow, startedAtMs: Date.now() })),
    );
    const admitted = await work;
    if (admitted instanceof GatewayError) {
      untilMs = Math.min(untilMs, Date.now() + forMs);
      await sleep(5);
      return;
    }
    const readMs = (own.at(-1) ?? Number.NaN) - place.skewMs;
    const beganUs = steadyUs();
    const tokens = asked.inputTokens === 0 ? 0 : upTo(asked.inputTokens);
    if (mostTokens > 0 || streams) await sleep(Math.random() * 20);
    admissions.push({ readMs, beganUs, endedUs: steadyUs(), tokens });
    if (mostTokens === 0 && !streams) return;
    const holder = { apiKeyId: held.apiKeyId, model: 'model' };
    await admission.settle(held.projectId, holder, admitted.hold, { microUsd: 0, tokens });
  };
  const loop = async () => {
    while (Date.now() < untilMs) await call();
  };
  await Promise.all(Array.from({ length: loops }, loop));
  return admissions;
}

async function spend({ limited, loops, forMs, beganMs }: Spend): Promise<void> {
  const house = houseWith(beganMs - Date.now());
  const untilMs = Date.now() + forMs;
  const call = async (): Promise<void> => {
    const who = limited[Math.floor(Math.random() * limited.length)];
    if (!who) return;
    const microUsdPerToken = upTo(5);
    const prices = [{ input: upTo(9) * 100_000, output: microUsdPerToken * 1_000_000 }];
    const begun = await orNothing(house.begin(heldTo(who), asking(upTo(50), upTo(400), { prices })));
    if (begun instanceof GatewayError) return sleep(20);
    const { projectId, apiKeyId, hold } = begun.row;
    const note = (microUsd: number): void => {
      const spent: Spent = { projectId, apiKeyId, month: hold.month, atUs: steadyUs(), microUsd };
      tell({ is: 'spent', spent });
    };
    note(hold.microUsd);
    await sleep(Math.random() * 30);
    const microUsd = Math.floor(Math.random() * (hold.microUsd + 1));
    note(microUsd - hold.microUsd);
    await house.end(begun, { microUsd, tokens: hold.inputTokens }).catch(() => {});
  };
  const loop = async () => {
    while (Date.now() < untilMs) await call();
  };
  await Promise.all(Array.from({ length: loops }, loop));
}

process.on('message', async (task: Task) => {
  const admissions = task.task === 'flood' ? await flood(task) : [];
  if (task.task === 'spend') await spend(task);
  tell({ is: 'done', admissions });
});
tell({ is: 'ready' });

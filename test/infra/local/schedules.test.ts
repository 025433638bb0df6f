import { type ScheduleClock, startSchedules } from '../../../infra/local/schedules.ts';
import type { Schedule } from '../../../infra/schedules.ts';
import { type ScheduledHandler, scheduledEventSchema } from '../../../shared/http/scheduled.ts';

const schedule = (changes: Partial<Schedule> = {}): Schedule => ({
  name: 'sweep',
  function: 'sweep',
  expression: 'rate(5 minutes)',
  localEverySeconds: 60,
  tables: {},
  summary: '',
  ...changes,
});

/** Timers that the test sets off. */
function clock() {
  const timers = new Map<number, () => void>();
  const made: ScheduleClock = {
    now: () => Date.parse('2026-11-22T10:00:00Z'),
    every: (periodMs, work) => {
      timers.set(periodMs, work);
      return () => timers.delete(periodMs);
    },
  };
  return { timers, made, fire: (periodMs: number) => timers.get(periodMs)?.() };
}

const nobody = (name: string, error: unknown) => {
  throw new Error(`${name} failed`, { cause: error });
};
/** Lets everything run that waits for nothing from outside. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('calls the function at its period, with the event that Scheduler sends', async () => {
  const { timers, made, fire } = clock();
  const events: unknown[] = [];
  const handler: ScheduledHandler = async (event, { getRemainingTimeInMillis }) => {
    expect(getRemainingTimeInMillis()).toBe(15 * 60_000);
    events.push(event);
  };
  startSchedules([schedule()], new Map([['sweep', handler]]), nobody, made);
  expect([...timers.keys()]).toEqual([60_000]);
  fire(60_000);
  await settled();
  fire(60_000);
  await settled();
  const [first, second] = events.map((event) => scheduledEventSchema.parse(event));
  expect(first).toMatchObject({ schedule: 'sweep', scheduledAt: '2026-11-22T10:00:00.000Z' });
  expect(first?.id).not.toBe(second?.id);
});

test('never calls what is not to run on one machine', () => {
  const { timers, made } = clock();
  startSchedules([schedule({ localEverySeconds: null })], new Map([['sweep', async () => {}]]), nobody, made);
  expect([...timers.keys()]).toEqual([]);
});

test('does not call again what still runs, and says what failed without stopping', async () => {
  const { made, fire } = clock();
  const failures: unknown[] = [];
  let [calls, finish] = [0, () => {}];
  const handler: ScheduledHandler = () =>
    new Promise((_, reject) => {
      calls += 1;
      finish = () => reject(new Error(`call ${calls}`));
    });
  startSchedules([schedule()], new Map([['sweep', handler]]), (name, error) => failures.push([name, error]), made);
  fire(60_000);
  fire(60_000);
  expect(calls).toBe(1);
  finish();
  await settled();
  fire(60_000);
  expect(calls).toBe(2);
  expect(failures).toEqual([['sweep', new Error('call 1')]]);
});

test('stops its timers, and waits for what is under way', async () => {
  const { timers, made, fire } = clock();
  let finish = () => {};
  const handler: ScheduledHandler = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  const running = startSchedules([schedule()], new Map([['sweep', handler]]), nobody, made);
  fire(60_000);
  let stopped = false;
  const stopping = running.stop().then(() => {
    stopped = true;
  });
  await settled();
  expect({ stopped, timers: timers.size }).toEqual({ stopped: false, timers: 0 });
  finish();
  await stopping;
});

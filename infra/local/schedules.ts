/** EventBridge Scheduler's part on one machine: the functions of the schedules, called on timers. */
import { randomUUID } from 'node:crypto';
import type { ScheduledEvent, ScheduledHandler } from '../../shared/http/scheduled.ts';
import type { Schedule } from '../schedules.ts';
import { lambdaContext } from './invoke.ts';

export type RunningSchedules = {
  /** Calls nobody any more, and resolves when those under way have ended. */
  stop(): Promise<void>;
};

/** The functions of schedules that run on one machine, loaded as Lambda loads them. The environment must be complete by now. */
export async function loadScheduled(schedules: readonly Schedule[]): Promise<ReadonlyMap<string, ScheduledHandler>> {
  const names = new Set(schedules.filter(runsHere).map((schedule) => schedule.function));
  const loaded = [...names].map(async (name) => {
    const { handler } = (await import(`../../functions/${name}.ts`)) as { handler: ScheduledHandler };
    return [name, handler] as const;
  });
  return new Map(await Promise.all(loaded));
}

const runsHere = ({ localEverySeconds }: Schedule): boolean => localEverySeconds !== null;

export type ScheduleClock = {
  readonly now: () => number;
  /** Returns what ends it. */
  readonly every: (periodMs: number, work: () => void) => () => void;
};

export const realClock: ScheduleClock = {
  now: () => Date.now(),
  every: (periodMs, work) => {
    const timer = setInterval(work, periodMs);
    return () => clearInterval(timer);
  },
};

export function startSchedules(
  schedules: readonly Schedule[],
  handlers: ReadonlyMap<string, ScheduledHandler>,
  onFailure: (schedule: string, error: unknown) => void,
  { now, every }: ScheduleClock = realClock,
): RunningSchedules {
  const underWay = new Map<string, Promise<void>>();

  const call = ({ name, function: functionName }: Schedule, handler: ScheduledHandler) => {
    // Slower than its period: what it does now is what the next call would do.
    if (underWay.has(name)) return;
    const event: ScheduledEvent = {
      id: randomUUID(),
      schedule: name,
      scheduledAt: new Date(now()).toISOString(),
    };
    const work = handler(event, lambdaContext(functionName, event.id, now))
      // Nobody waits for it, and the next call tries again.
      .catch((error: unknown) => onFailure(name, error))
      .finally(() => underWay.delete(name));
    underWay.set(name, work);
  };

  const endings = schedules.flatMap((schedule) => {
    const handler = handlers.get(schedule.function);
    const seconds = schedule.localEverySeconds;
    return seconds === null || !handler ? [] : [every(seconds * 1000, () => call(schedule, handler))];
  });

  return {
    async stop() {
      for (const end of endings) end();
      await Promise.all(underWay.values());
    },
  };
}

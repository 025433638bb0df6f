/**
 * The functions that the clock calls, as data: CDK makes schedules and roles of
 * them, and the local host calls them on timers.
 */
import type { SweepSettings } from '../shared/catalogue/resolved-config.ts';
import type { TableAccess } from '../shared/http/route.ts';
import type { QueueName } from '../shared/queues/queue.ts';
import type { TableName } from '../shared/tables.ts';

export type Schedule = {
  readonly name: string;
  /** The file in `functions/` that is called. */
  readonly function: string;
  /** In the notation of EventBridge Scheduler; times are UTC. */
  readonly expression: string;
  /** On one machine: how often; null for never. */
  readonly localEverySeconds: number | null;
  readonly tables: Readonly<Partial<Record<TableName, readonly TableAccess[]>>>;
  /** Does it notify people, and so need the topic? */
  readonly publishes?: true;
  /** Does it write files for people, and so need the bucket? */
  readonly bucket?: true;
  /** Does it keep, or delete, bodies that are too large for a table, and so need their bucket? */
  readonly bodies?: true;
  readonly deletesBodies?: true;
  /** Does it touch the bytes of files? */
  readonly files?: true;
  /** The queues that it sends messages to. */
  readonly queues?: readonly QueueName[];
  /** Absent: as much as the functions of routes have. */
  readonly memoryMb?: number;
  readonly summary: string;
};

export const schedules = [
  {
    name: 'sweep',
    function: 'sweep',
    expression: 'rate(5 minutes)',
    localEverySeconds: 30,
    tables: {
      admission: ['read', 'list', 'write'],
      usage: ['list', 'write'],
      projects: ['read', 'list'],
      spendAlerts: ['list', 'write'],
      conversations: ['read', 'list', 'write'],
      circuits: ['list'],
      files: ['list', 'write'],
      batches: ['list', 'write'],
    },
    publishes: true,
    deletesBodies: true,
    files: true,
    queues: ['batches'],
    summary:
      'Closes the calls that nobody settles, gives back what they hold, tells of spend, erases what was deleted, and calls for workers where batches stand still.',
  },
  {
    name: 'usage-report-daily',
    function: 'usage-report',
    // Half an hour after midnight: no call of the day before can still be running.
    expression: 'cron(30 0 * * ? *)',
    localEverySeconds: null,
    tables: { projects: ['read', 'list'], keys: ['list'], usage: ['list'], violations: ['list'] },
    publishes: true,
    bucket: true,
    memoryMb: 1769,
    summary: 'Reports what yesterday was used and what it cost.',
  },
  {
    name: 'usage-report-monthly',
    function: 'usage-report',
    expression: 'cron(0 1 1 * ? *)',
    localEverySeconds: null,
    tables: { projects: ['read', 'list'], keys: ['list'], usage: ['list'], violations: ['list'] },
    publishes: true,
    bucket: true,
    memoryMb: 1769,
    summary: 'Reports what last month was used and what it cost.',
  },
] as const satisfies readonly Schedule[];

/** With the interval of the sweep that sluice.json asks for. Scheduler counts in minutes. */
export function schedulesWith({ everySeconds }: Pick<SweepSettings, 'everySeconds'>): readonly Schedule[] {
  if (everySeconds === undefined) return schedules;
  const minutes = Math.ceil(everySeconds / 60);
  const expression = `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;
  return schedules.map((schedule) =>
    schedule.name === 'sweep' ? { ...schedule, expression, localEverySeconds: everySeconds } : schedule,
  );
}

export type ScheduleName = Named<(typeof schedules)[number], 'name'>;
export type ScheduledFunctionName = Named<(typeof schedules)[number], 'function'>;
type Named<Listed, Member extends keyof Schedule> = Listed extends Record<Member, infer Name> ? Name : never;

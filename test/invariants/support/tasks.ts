/** What a process is told to do, and what it tells of it. */

import type { Trouble } from './flaky.ts';
import type { Limited, Names } from './house.ts';

export type Place = {
  readonly endpoint: string;
  readonly names: Names;
  /** How far this process's clock is off. */
  readonly skewMs: number;
  readonly trouble: Trouble;
};

/** Asks for more than the limits allow, until `forMs` after the first refusal. */
export type Flood = {
  readonly task: 'flood';
  readonly limited: Limited;
  readonly loops: number;
  readonly forMs: number;
  /** Of each call: 0 for calls that are held to nothing but requests. */
  readonly mostTokens: number;
  readonly streams: boolean;
};

/** Calls that cost, each something up to its bound, until nothing more is afforded or the time is up. */
export type Spend = {
  readonly task: 'spend';
  readonly limited: readonly Limited[];
  readonly loops: number;
  readonly forMs: number;
  /** The clock's start, as if it were that time. */
  readonly beganMs: number;
};

export type Task = Flood | Spend;

/** Times are microseconds of the machine's one steady clock, but `readMs`, which is the reading that admitted it, set right. */
export type Admission = {
  readonly readMs: number;
  readonly beganUs: number;
  readonly endedUs: number;
  readonly tokens: number;
};

export type Spent = {
  readonly projectId: string;
  readonly apiKeyId: string;
  readonly month: string;
  readonly atUs: number;
  /** What it changes of the sum of costs and of bounds under way. */
  readonly microUsd: number;
};

export type Told =
  | { readonly is: 'ready' }
  | { readonly is: 'spent'; readonly spent: Spent }
  | { readonly is: 'done'; readonly admissions: readonly Admission[] };

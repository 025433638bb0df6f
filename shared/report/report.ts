/** A report as data. This is its JSON; the page and the table of CSV are made from it. */
import type { Outcome } from '../usage/attempt.ts';
import type { Totals } from './aggregate.ts';
import type { Check } from './check.ts';
import type { Period } from './period.ts';
import type { Safety } from './safety.ts';
import type { SlotUnit } from './slots.ts';

/** One project, key, model or provider. */
export type Line = Readonly<Totals> & {
  readonly id: string;
  readonly name: string;
  readonly previousCostMicroUsd: number;
};
export type KeyLine = Line & { readonly projectId: string; readonly projectName: string };
export type Step = Readonly<Totals> & { readonly startMs: number };

/** Spend of the calendar month in which the period ends, up to that end. */
export type Limit = {
  readonly scope: 'organization' | 'project' | 'key';
  readonly id: string;
  readonly name: string;
  readonly spentMicroUsd: number;
  readonly limitMicroUsd: number;
};

export type Growth = {
  readonly dimension: 'project' | 'key' | 'model';
  readonly id: string;
  readonly name: string;
  readonly costMicroUsd: number;
  readonly previousCostMicroUsd: number;
};

export type Report = {
  readonly period: Period;
  readonly previous: Period;
  readonly generatedAtMs: number;
  readonly total: Readonly<Totals>;
  readonly previousTotal: Readonly<Totals>;
  readonly unit: SlotUnit;
  readonly trend: readonly Step[];
  readonly previousTrend: readonly Step[];
  /** Dearest first, as all that follow. */
  readonly projects: readonly Line[];
  readonly keys: readonly KeyLine[];
  readonly models: readonly Line[];
  readonly providers: readonly Line[];
  /** `live` and `batch`; empty where there was no batch, in this period or the one before. */
  readonly modes: readonly Line[];
  readonly limits: readonly Limit[];
  readonly growth: readonly Growth[];
  readonly outcomes: readonly { readonly outcome: Outcome | 'open'; readonly requests: number }[];
  readonly safety: Safety;
  readonly check: Check;
};

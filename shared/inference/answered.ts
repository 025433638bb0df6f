/** A provider's answer on its way to the caller. */
import type { HttpResponse } from '../http/response.ts';
import type { Usage } from '../usage/token-usage.ts';

export type Answered = HttpResponse & {
  /** A stream knows at its end what it has used, which its caller may not have asked to be told. */
  readonly usage?: () => Usage | null;
  /** Stops the provider of a stream. Without harm when it has ended. */
  readonly stop?: () => void;
  /** Of a whole answer. */
  readonly costMicroUsd?: number;
  /** Of a stream, once it has ended. */
  readonly spentMicroUsd?: () => number;
  /** Known once it is out. Absent: nothing is in the way. */
  readonly mayBeKept?: () => Promise<boolean>;
};

/** For answers whose cost is known before the headers go. */
export const costHeader = (costMicroUsd: number) => ({ 'x-sluice-cost-usd': (costMicroUsd / 1_000_000).toFixed(6) });

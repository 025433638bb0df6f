/** An answer as text that can be sealed, and as an answer again. */
import * as z from 'zod/mini';
import type { HttpResponse } from '../http/response.ts';

const answerSchema = z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.string() });
export type KeptAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export const textOf = ({ status, headers, body }: KeptAnswer): string => JSON.stringify({ status, headers, body });

export const givenAgain = ({ headers, ...answer }: KeptAnswer): HttpResponse => ({
  ...answer,
  headers: { ...headers, 'idempotent-replayed': 'true' },
});

export const replayed = (text: string): HttpResponse => givenAgain(answerSchema.parse(JSON.parse(text)));

/** What an item takes of an answer, well below its own 400 kB. */
export const maxItemBytes = 300_000;

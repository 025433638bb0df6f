/**
 * What is made of a model call before it is admitted: its history goes before its input, the tools that it names get
 * their definitions, and what would not fit the model's window is left out. What is wrong with it costs nothing.
 */

import type { LeftOut } from '../context/left-out.ts';
import type { History } from '../history/history.ts';
import type { RequestReport } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { AnswerFormat } from '../structured/answer-format.ts';
import type { Tool } from '../tools/tool.ts';
import type { ModelRequest } from './attempts.ts';

export type Preparation = {
  /** As it is to be admitted, guarded and sent. */
  readonly request: ModelRequest;
  /** Of its body as JSON: what its input is at most, in tokens. */
  readonly bodyBytes: number;
  /** For the answer, whatever becomes of the call. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the model may call and the gateway runs, by the name that the model knows it by. */
  readonly tools: ReadonlyMap<string, Tool>;
  /** `run_…`, where there are such tools. */
  readonly runId: string | null;
  /** What a final answer must conform to; null where anything will do. */
  readonly format: AnswerFormat | null;
  /** Where the answer is to be remembered; null where it is not. */
  readonly history: History | null;
  /** Counted by the model's own tokenizer: no more tokens of input than this. Absent: its bytes alone tell. */
  readonly inputTokens?: number;
  /** What of the conversation does not fit its window; absent: nothing. */
  readonly leftOut?: LeftOut;
};

/** The call that something is prepared for. */
export type Arriving = {
  readonly requestId: string;
  readonly caller: ProjectCaller;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly report: RequestReport;
  /** `resp_…`, where its caller has been given it already. */
  readonly responseId?: string;
  /** Until then an answer, or its first chunk, is of use to the caller. */
  readonly answerByMs: number;
  /** Work for after the answer. */
  readonly afterwards: (work: () => Promise<void>) => void;
};

/** One step of it. Throws the caller's error; nothing has been reserved or spent by then. */
export type Prepare = (arriving: Arriving, prepared: Preparation) => Promise<Preparation>;

export const unprepared = (request: ModelRequest, bodyBytes: number): Preparation => ({
  request,
  bodyBytes,
  headers: {},
  tools: new Map(),
  runId: null,
  format: null,
  history: null,
});

/** With another body, as long as it then is, and not counted. */
export const withBody = ({ inputTokens: _, ...prepared }: Preparation, body: ModelRequest['body']): Preparation => ({
  ...prepared,
  request: { ...prepared.request, body },
  bodyBytes: Buffer.byteLength(JSON.stringify(body)),
});

/** Each gets what the one before it has made. */
export const inSequence =
  (steps: readonly Prepare[]): Prepare =>
  async (arriving, unprepared) => {
    let prepared = unprepared;
    for (const step of steps) prepared = await step(arriving, prepared);
    return prepared;
  };

/** What a response is remembered in: a conversation, the chain of responses before it, or itself alone. */
type JsonObject = Readonly<Record<string, unknown>>;

export type FinishedResponse = {
  /** As the caller gets it. */
  readonly response: JsonObject;
  /** Of the run, in the order in which they came: messages, calls of tools and their results. */
  readonly output: readonly JsonObject[];
};

export type History = {
  /** `resp_…`: of the response that is being made. */
  readonly responseId: string;
  /** `conv_…`, where the caller named one. */
  readonly conversationId: string | null;
  readonly previousResponseId: string | null;
  /** May it be retrieved, and continued, by its id? */
  readonly stored: boolean;
  /**
   * Writes the request's own input and the answer down, once and together, before the caller gets the last byte:
   * who goes on at once finds it. Rejects with the caller's error where it could not.
   */
  readonly keep: (finished: FinishedResponse) => Promise<void>;
};

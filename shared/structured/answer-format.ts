/** What a caller wants the model's answer to be: any JSON object, or JSON that conforms to a schema. */
export type AnswerFormat = {
  /** The schema's name in the request; for `json_object`, that. */
  readonly name: string;
  /**
   * Null where the text conforms; else what is wrong with it, as the model and the caller are told:
   * at most a few lines, which hold nothing of the text but the names of members.
   */
  readonly problemsIn: (text: string) => Promise<readonly string[] | null>;
};

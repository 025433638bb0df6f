/** What a request says, piece by piece, as guardrails look at it. docs/adr/0054 */

export type Body = Readonly<Record<string, unknown>>;
/**
 * `messages`, 2, `content`, 0, `text`. Below a string: a number is where a literal begins in the JSON that it
 * holds, and `decoded` the text of the file that its data URL holds.
 */
export type Path = readonly (string | number)[];

export type RequestText = {
  readonly path: Path;
  readonly text: string;
  /** What the application itself says is moderated, and not scanned for injection. */
  readonly trust: 'trusted' | 'untrusted';
  /** False for the names of things and members, which others of the request refer to. */
  readonly editable: boolean;
  /** Texts of one message, or of all tools, share it, in order: moderation is shown them together. */
  readonly group: number;
};

export type RequestContent = {
  readonly texts: readonly RequestText[];
  /** Texts that are read one after the other, over the bounds of messages: at their seams is looked for what was cut in two. */
  readonly runs: readonly (readonly RequestText[])[];
  /** What stands beside them: names of members and of things, and long numbers. Each text is in one of both. */
  readonly beside: readonly (readonly RequestText[])[];
  /** JSON in a string, definitions: their names and values in order, as a model reads them. */
  readonly documents: readonly (readonly RequestText[])[];
  /** `https:` or `data:` URLs. */
  readonly images: readonly string[];
  /** Parameters that no guardrail can read: audio, PDF, what is stored at the provider. */
  readonly unreadable: readonly string[];
};

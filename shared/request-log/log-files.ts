/** Where the request log is kept: objects of JSON lines, written once and never changed. */

export type LogEntry = {
  /** A JSON object: names, ids and numbers. */
  readonly facts: string;
  /** A JSON object: what was said. Null where nothing of it is kept. */
  readonly content: string | null;
};

export type LogFile = {
  readonly key: string;
  readonly retentionDays: number;
  readonly entries: readonly LogEntry[];
};

export interface LogFiles {
  /** Is there a key of the customer's to write content under? Without one nothing with content is handed to `write`. */
  readonly hasContentKey: boolean;
  /** The whole of it or nothing at all, over what was there. Rejects when it could not be kept. */
  write(file: LogFile): Promise<void>;
}

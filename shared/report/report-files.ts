/** Where reports are kept for people to read. */
export type ReportFile = {
  /** With slashes, and nothing in it that anyone but the gateway has chosen. */
  readonly key: string;
  readonly contentType: string;
  readonly content: string;
};

export interface ReportFiles {
  /** In place of an older one with the same key. Rejects when it could not be kept; the schedule then tries again (I12). */
  put(file: ReportFile): Promise<void>;
  /** Where a person who may see it finds it. */
  link(key: string): string;
}

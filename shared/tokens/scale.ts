/** What the parts of one request are weighed with. */
export type Scale = {
  /** As the provider calls it. */
  readonly model: string;
  readonly text: (text: string) => number;
  /** The same number, noted as one that nobody but the provider knows: the request's count is an estimate then. */
  readonly estimated: (tokens: number) => number;
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

export const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** A string as it is; what is not there as nothing. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Of what the provider puts into words in a way of its own. */
export const jsonTokens = ({ text, estimated }: Scale, value: unknown): number =>
  value == null ? 0 : estimated(text(JSON.stringify(value)));

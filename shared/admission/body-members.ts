/** Reading what only the provider checks: any member may be missing, or be something else. */
export type Body = Readonly<Record<string, unknown>>;

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

export const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

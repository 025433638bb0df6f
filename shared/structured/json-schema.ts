/** A JSON Schema as a caller wrote it, found to be bounded and valid: `checkedSchema` alone makes one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

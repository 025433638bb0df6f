/**
 * What a provider says of an error, in OpenAI's shape, since the `openai` package
 * looks nowhere else for it. Google has its errors in a list; AWS and some servers
 * have the message by itself.
 */
type Parsed = { readonly error?: unknown; readonly message?: unknown };

const asObject = (value: unknown): Parsed | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;

export function inOpenAiShape(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  const body = asObject(Array.isArray(parsed) ? parsed[0] : parsed);
  if (body === null) return text;
  if (asObject(body.error)) return JSON.stringify({ error: body.error });
  const said = [body.message, body.error].find((value) => typeof value === 'string');
  return said === undefined ? text : JSON.stringify({ error: { message: said } });
}

/** `['messages', 2, 'role']` -> `messages[2].role`, as OpenAI writes it. */
export const paramOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (param, key) => (typeof key === 'number' ? `${param}[${key}]` : param ? `${param}.${String(key)}` : String(key)),
    '',
  );

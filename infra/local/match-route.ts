/** Which route a path means, as API Gateway finds it: segment by segment, fixed ones before parameters. */
import type { Route } from '../../shared/http/route.ts';

export type Match = { readonly route: Route; readonly parameters: Readonly<Record<string, string>> };

const parameter = /^\{(\w+)\}$/;

function parametersOf(route: Route, segments: readonly string[]): Record<string, string> | null {
  const pattern = route.path.slice(1).split('/');
  if (pattern.length !== segments.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const given = segments[index] ?? '';
    const name = parameter.exec(expected)?.[1];
    if (name === undefined ? expected !== given : given === '') return null;
    if (name !== undefined) parameters[name] = given;
  }
  return parameters;
}

/** `path` is below the stage and still percent-encoded. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | null {
  let segments: string[];
  try {
    segments = path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return null;
  }
  const matches = routes.flatMap((route) => {
    const parameters = parametersOf(route, segments);
    return parameters ? [{ route, parameters }] : [];
  });
  // The path decides, and then the method: a fixed one that has not got it is no reason to take it for a parameter.
  const [best] = matches.sort((a, b) => Object.keys(a.parameters).length - Object.keys(b.parameters).length);
  return matches.find(({ route }) => route.method === method && route.path === best?.route.path) ?? null;
}

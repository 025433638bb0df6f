/**
 * Which of a request's parameters a provider knows, and what becomes of the
 * others. The maximum of output is never left out, since budgets stand on it
 * (I2): it goes under the name that the provider knows.
 */
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';

type Body = Readonly<Record<string, unknown>>;

const names = z.array(z.string().check(z.regex(/^[A-Za-z0-9_]{1,64}$/, 'must be the name of a parameter')));

/** Without these there is no request, or another one. */
const essential = ['model', 'messages', 'input', 'stream'];
const maxima = ['max_completion_tokens', 'max_tokens'] as const;

export const parametersSchema = z
  .strictObject({
    unsupported: z.optional(names.check(z.describe('Parameters that the provider does not know.'))),
    supported: z.optional(names.check(z.describe('The only parameters that it knows. Instead of "unsupported".'))),
    otherwise: z
      .enum(['drop', 'refuse'])
      .check(z.describe('Leave others out and name them in x-sluice-dropped-parameters, or answer 400.')),
  })
  .check((context) => {
    const problem = problemOf(context.value);
    if (problem !== null) context.issues.push({ code: 'custom', input: context.value, message: problem });
  });

type Stated = {
  readonly unsupported?: readonly string[] | undefined;
  readonly supported?: readonly string[] | undefined;
};
export type Parameters = Stated & { readonly otherwise: 'drop' | 'refuse' };

function problemOf({ unsupported, supported }: Stated): string | null {
  if ((unsupported === undefined) === (supported === undefined)) return 'has either "unsupported" or "supported"';
  const needed = essential.find((name) => unsupported?.includes(name));
  if (needed) return `cannot leave out ${needed}`;
  const knowsMaximum = maxima.some((name) => isKnown({ unsupported, supported }, name));
  return knowsMaximum ? null : `must leave ${maxima.join(' or ')}: an output maximum is always sent`;
}

const isKnown = ({ unsupported, supported }: Stated, name: string): boolean =>
  essential.includes(name) || (supported?.includes(name) ?? !unsupported?.includes(name));

export type Fitted = { readonly body: Body; readonly dropped: readonly string[] };

/**
 * The request as the provider knows it. Throws for a parameter that it does not, where that is to be refused.
 * `always`: what its endpoint has in any case, whatever is said of its parameters.
 */
export function fitted(body: Body, parameters: Parameters, always: readonly string[] = []): Fitted {
  const translated = withKnownMaximum(body, parameters);
  const dropped = Object.keys(translated).filter((name) => !always.includes(name) && !isKnown(parameters, name));
  if (dropped.length === 0) return { body: translated, dropped };
  const refused = parameters.otherwise === 'refuse' ? dropped.find((name) => name !== addedByUs) : undefined;
  if (refused !== undefined) {
    throw new GatewayError('invalid_request', {
      message: 'The provider of this model does not know this parameter.',
      param: refused,
      // Another provider may know it.
      recovery: 'elsewhere',
    });
  }
  const kept = Object.entries(translated).filter(([name]) => !dropped.includes(name));
  return { body: Object.fromEntries(kept), dropped };
}

/** Asks for usage, whether or not the caller does; without it, usage is estimated. No caller is refused for it. */
const addedByUs = 'stream_options';

/** The lesser of the two, where a request has both: whichever the provider would have obeyed. */
function withKnownMaximum(body: Body, parameters: Stated): Body {
  const stated = maxima.filter((name) => Object.hasOwn(body, name));
  const known = maxima.find((name) => isKnown(parameters, name));
  if (known === undefined || stated.every((name) => isKnown(parameters, name))) return body;
  const values = stated.map((name) => body[name]).filter((value) => typeof value === 'number');
  const others = Object.entries(body).filter(([name]) => !stated.some((maximum) => maximum === name));
  return { ...Object.fromEntries(others), ...(values.length > 0 && { [known]: Math.min(...values) }) };
}

/**
 * To which of its calls a fragment of a provider's belongs. Chat has an index for
 * that. Some leave it out, some send it as 0 with every call, some give an id to the
 * first fragment only and some another one to each.
 */
import { isObject } from '../answer-text/text-leaf.ts';

export type Fragment = {
  readonly index: number | null;
  /** Empty where the provider gives none. */
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly custom: boolean;
};

const stringOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Arguments are JSON in a text; some send the JSON itself. */
const inputOf = (value: unknown): string => (isObject(value) ? JSON.stringify(value) : stringOf(value));

export function fragmentOf(value: unknown): Fragment | null {
  if (!isObject(value)) return null;
  const custom = isObject(value['custom']);
  const called = custom ? value['custom'] : value['function'];
  const { name, arguments: args, input } = isObject(called) ? called : {};
  return {
    index: typeof value['index'] === 'number' ? value['index'] : null,
    id: stringOf(value['id']),
    name: stringOf(name),
    input: inputOf(custom ? input : args),
    custom,
  };
}

/** The id that its first fragment had. */
export type FragmentedCall = { readonly saidId: string };

/** Finds the call of a fragment, or begins another. */
export function callsByFragment<Call extends FragmentedCall>(begin: (fragment: Fragment) => Call) {
  const byIndex = new Map<number, Call>();
  const byId = new Map<string, Call>();
  let last: Call | null = null;

  const found = ({ index, id, name }: Fragment): Call | null => {
    const sameIndex = index === null ? null : byIndex.get(index);
    // With a name and another id it is another call, whatever its index says.
    if (sameIndex) return id === '' || name === '' || sameIndex.saidId === id ? sameIndex : null;
    if (index !== null) return null;
    if (id !== '') return byId.get(id) ?? (name === '' ? last : null);
    return name === '' ? last : null;
  };

  return (fragment: Fragment): Call => {
    const { index, id } = fragment;
    const call = found(fragment) ?? begin(fragment);
    if (index !== null) byIndex.set(index, call);
    if (id !== '') byId.set(id, call);
    last = call;
    return call;
  };
}

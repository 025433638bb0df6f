/** The calls of tools in one answer, each put together from its fragments. */
import { callsByFragment, type Fragment, fragmentOf } from './call-fragments.ts';
import { type ItemPlace, type OpenCall, openCall } from './output-item.ts';

/** Shown once it has a name: an item of the output has one from its beginning. */
type Call = { readonly saidId: string; shown: OpenCall | null; readonly unshown: string[] };

export type ToolCalls = {
  readonly said: (fragment: unknown) => void;
  /** In the order in which they were shown. */
  readonly open: () => readonly OpenCall[];
  readonly areNamed: () => boolean;
};

/** `place` is asked for a place in the output for each call; `suffix` makes ids of our own unlike those of other responses. */
export function toolCalls(suffix: string, place: (prefix: string) => ItemPlace): ToolCalls {
  const calls: Call[] = [];
  const shown: OpenCall[] = [];
  const callIds = new Set<string>();

  const begin = ({ id }: Fragment): Call => {
    const call: Call = { saidId: id, shown: null, unshown: [] };
    calls.push(call);
    return call;
  };
  const callOf = callsByFragment(begin);

  /** The tool's result comes back under it, so no two calls may have the same, and some providers give none. */
  const callIdFor = (saidId: string): string => {
    const own =
      saidId !== '' && !callIds.has(saidId) ? saidId : `call_${suffix}${String(shown.length).padStart(3, '0')}`;
    callIds.add(own);
    return own;
  };

  const show = (call: Call, { name, custom }: Fragment) => {
    const at = place(custom ? 'ctc' : 'fc');
    call.shown = openCall(at, { callId: callIdFor(call.saidId), name, custom });
    shown.push(call.shown);
    if (call.unshown.length > 0) call.shown.input(call.unshown.join(''));
  };

  return {
    said: (value) => {
      const fragment = fragmentOf(value);
      if (!fragment) return;
      const call = callOf(fragment);
      if (!call.shown && fragment.name !== '') show(call, fragment);
      if (fragment.input === '') return;
      if (call.shown) call.shown.input(fragment.input);
      else call.unshown.push(fragment.input);
    },
    open: () => shown,
    areNamed: () => calls.every((call) => call.shown !== null),
  };
}

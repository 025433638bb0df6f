/** A provider whose model calls tools: what it says, one answer after the other. */
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  type Script,
  spoken,
  stream,
  usage,
  usageChunk,
} from './scripted-provider.ts';

export type Call = { readonly id: string; readonly name: string; readonly given: unknown };
export type Said = string | readonly Call[];

export const weatherIn = (location: string, id = 'call_1'): Call => ({ id, name: 'get_weather', given: { location } });

const toolCall = ({ id, name, given }: Call) => ({
  id,
  type: 'function',
  function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
});

const calling = (calls: readonly Call[]) => {
  const whole = completion('');
  const message = { role: 'assistant', content: null, tool_calls: calls.map(toolCall) };
  return { ...whole, choices: [{ index: 0, message, finish_reason: 'tool_calls', logprobs: null }] };
};

/** Arguments come in two pieces. */
const callFrames = (calls: readonly Call[]): string[] => [
  frame(chunk({ role: 'assistant', content: null })),
  ...calls.flatMap((call, index) => {
    const { id, type, function: called } = toolCall(call);
    const half = Math.ceil(called.arguments.length / 2);
    const first = { index, id, type, function: { name: called.name, arguments: called.arguments.slice(0, half) } };
    const second = { index, function: { arguments: called.arguments.slice(half) } };
    return [frame(chunk({ tool_calls: [first] })), frame(chunk({ tool_calls: [second] }))];
  }),
  frame(chunk({}, 'tool_calls')),
  frame(usageChunk(usage(10, 5))),
  done,
];

/** The last is said again, as often as it is asked. */
export function saying(...answers: readonly Said[]): Script {
  let times = 0;
  return (response, asked) => {
    const said = answers[Math.min(times++, answers.length - 1)] ?? '';
    const isStream = asked.body['stream'] === true;
    if (typeof said === 'string')
      return isStream
        ? stream(spoken(said.split(/(?= )/)))(response, asked)
        : answer(completion(said))(response, asked);
    return isStream ? stream(callFrames(said))(response, asked) : answer(calling(said))(response, asked);
  };
}

/** Tools in chat completions. https://platform.openai.com/docs/guides/function-calling?api-mode=chat */
import { type AskedBody, type Dialect, isObject, type Json, objectsIn, textOf } from './dialect.ts';

/** Requests with tools of the gateway have one choice. */
export const messageIn = (answer: Json): Json => {
  const message = objectsIn(answer['choices'])[0]?.['message'];
  return isObject(message) ? message : {};
};

export const functionOf = (call: Json): { readonly name: string; readonly argumentsText: string } => {
  const called = isObject(call['function']) ? call['function'] : {};
  const { name, arguments: given } = called;
  return {
    name: typeof name === 'string' ? name : '',
    argumentsText: typeof given === 'string' ? given : '',
  };
};

const idOf = (call: Json): string => (typeof call['id'] === 'string' ? call['id'] : '');

/** Only what every provider takes back: what one has added of its own may be unknown to the next. */
const askedAgain = (message: Json, ids: ReadonlySet<string>): Json => ({
  role: 'assistant',
  content: message['content'] ?? null,
  tool_calls: objectsIn(message['tool_calls'])
    .filter((call) => ids.has(idOf(call)))
    .map((call) => {
      const { name, argumentsText } = functionOf(call);
      return { id: idOf(call), type: 'function', function: { name, arguments: argumentsText } };
    }),
});

export const chatDialect: Dialect = {
  callsIn(answer, tools) {
    const calls = objectsIn(messageIn(answer)['tool_calls']);
    const own = calls.map((call) => ({ id: idOf(call), ...functionOf(call) })).filter(({ name }) => tools.has(name));
    return { own, others: own.length < calls.length };
  },

  showsOutcomes: false,

  shown(answer, tools) {
    if (tools.size === 0) return answer;
    const choices = objectsIn(answer['choices']).map((choice) => {
      const message = isObject(choice['message']) ? choice['message'] : {};
      const { tool_calls: calls, ...said } = message;
      const others = objectsIn(calls).filter((call) => !tools.has(functionOf(call).name));
      return { ...choice, message: { ...said, ...(others.length > 0 && { tool_calls: others }) } };
    });
    return { ...answer, choices };
  },

  withOutcomes(body: AskedBody, answer, outcomes) {
    const ids = new Set(outcomes.map(({ call }) => call.id));
    const results = outcomes.map(({ call, result }) => ({
      role: 'tool',
      tool_call_id: call.id,
      content: textOf(result),
    }));
    const messages = Array.isArray(body['messages']) ? body['messages'] : [];
    return { ...body, messages: [...messages, askedAgain(messageIn(answer), ids), ...results] };
  },
};

/** Tools in chat completions. https://platform.openai.com/docs/guides/function-calling?api-mode=chat */
import { cutOffReasons } from '../structured/conforming-text.ts';
import { callsOf, functionOf } from './chat-calls.ts';
import { type AskedBody, type Dialect, isObject, type Json, objectsIn, textOf } from './dialect.ts';

/** Requests with tools of the gateway have one choice. */
export const messageIn = (answer: Json): Json => {
  const message = objectsIn(answer['choices'])[0]?.['message'];
  return isObject(message) ? message : {};
};

/** A call in what was cut off may be half of one, and is nothing that was decided. */
const isCutOff = (answer: Json): boolean => cutOffReasons.has(objectsIn(answer['choices'])[0]?.['finish_reason']);

/** Only what every provider takes back: what one has added of its own may be unknown to the next. */
const askedAgain = (message: Json, ids: ReadonlySet<string>): Json => ({
  role: 'assistant',
  content: message['content'] ?? null,
  tool_calls: callsOf(message)
    .filter(({ id }) => ids.has(id))
    .map(({ id, name, argumentsText }) => ({ id, type: 'function', function: { name, arguments: argumentsText } })),
});

export const chatDialect: Dialect = {
  callsIn(answer, tools) {
    const calls = callsOf(messageIn(answer));
    const own = calls.filter(({ name }) => tools.has(name));
    return { own: isCutOff(answer) ? [] : own, others: own.length < calls.length };
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

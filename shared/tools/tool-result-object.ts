/** What whoever calls a tool directly is told of it: its answer, or the error that is the caller's. */
import { GatewayError } from '../errors.ts';
import { parseStrictJson } from '../http/strict-json.ts';
import type { ToolResult } from './execute-tool.ts';

export function toolResultObject(name: string, result: ToolResult) {
  if (result.kind === 'failed') throw errorOf(result);
  return { object: 'tool.result', name, result: resultOf(result.text), duration_ms: result.durationMs };
}

function errorOf({ why, message }: Extract<ToolResult, { kind: 'failed' }>): GatewayError {
  if (why === 'invalid_arguments') return new GatewayError('invalid_request', { message, param: 'arguments' });
  return new GatewayError(why === 'timed_out' ? 'tool_timeout' : 'tool_failed', { message });
}

/** As JSON where it is some, bounded as what callers send is; else the text itself. */
function resultOf(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch {
    return text;
  }
}

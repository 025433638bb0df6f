/** Calls a tool that is a Lambda function. The client is loaded by the first such call: a cold start does without it (I9). */
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsEnvironment } from '../environment.ts';
import { regionOf } from './function-arn.ts';
import { answered, failed, type TargetAnswer } from './target-answer.ts';

/** Rejects when the signal fires, and may reject otherwise: then the function could not be called. */
export type InvokeFunction = (arn: string, event: string, signal: AbortSignal) => Promise<TargetAnswer>;

const connectionTimeoutMs = 2_000;
/** In all: one that AWS has refused for its rate is called once more, and one that has failed by itself is not. */
const maxAttempts = 2;

export const functionFailed = (): TargetAnswer => failed('error', 'The tool failed.');

/** A function answers with JSON; one that answers with a text means the text. */
export function answerOf(payload: Uint8Array): TargetAnswer {
  const answer = answered(payload);
  if (answer.kind === 'failed') return answer;
  return answer.text.startsWith('"') ? { kind: 'answered', text: unquoted(answer.text) } : answer;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

export function lambdaFunctions({ credentials }: AwsEnvironment): InvokeFunction {
  const clients = new Map<string, LambdaClient>();
  return async (arn, event, signal) => {
    const { LambdaClient: Client, InvokeCommand } = await import('./lambda-client.ts');
    const region = regionOf(arn);
    const client =
      clients.get(region) ??
      new Client({ region, credentials, maxAttempts, requestHandler: { connectionTimeout: connectionTimeoutMs } });
    clients.set(region, client);
    const command = new InvokeCommand({ FunctionName: arn, InvocationType: 'RequestResponse', Payload: event });
    const { FunctionError, Payload = new Uint8Array() } = await client.send(command, { abortSignal: signal });
    // What it says of its failure may hold its code's paths.
    return FunctionError ? functionFailed() : answerOf(Payload);
  };
}

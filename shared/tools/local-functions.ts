/** Tools that are functions, on one machine: each a file of a folder, called in this process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answerOf, functionFailed, type InvokeFunction } from './invoke-function.ts';
import { unlessAborted } from './target-answer.ts';

/** An account and a region that AWS does not have. */
const localArn = /^arn:aws:lambda:local:000000000000:function:(?<name>[a-z0-9][a-z0-9-]{0,63})$/;

export const localFunctionArn = (name: string): string => `arn:aws:lambda:local:000000000000:function:${name}`;

const nameOf = (arn: string): string | undefined => localArn.exec(arn)?.groups?.['name'];

export const isLocalFunction = (arn: string): boolean => nameOf(arn) !== undefined;

type FunctionModule = { readonly handler: (event: unknown) => Promise<unknown> };

/** Those of the folder; all others are `elsewhere`. */
export const localFunctions =
  (folder: string, elsewhere: InvokeFunction): InvokeFunction =>
  async (arn, event, signal) => {
    const name = nameOf(arn);
    if (name === undefined) return elsewhere(arn, event, signal);
    const { handler } = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as FunctionModule;
    try {
      const answer = await unlessAborted(handler(JSON.parse(event)), signal);
      return answerOf(Buffer.from(JSON.stringify(answer) ?? ''));
    } catch (error) {
      if (signal.aborted) throw error;
      return functionFailed();
    }
  };

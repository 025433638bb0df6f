/** Tools that are functions, on one machine: each a file of a folder, called in this process. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { localFunctionName } from './function-arn.ts';
import { answerOf, functionFailed, type InvokeFunction } from './invoke-function.ts';
import { unlessAborted } from './time-limit.ts';

type FunctionModule = { readonly handler: (event: unknown) => Promise<unknown> };

/** Those of the folder; all others are `elsewhere`. */
export const localFunctions =
  (folder: string, elsewhere: InvokeFunction): InvokeFunction =>
  async (arn, event, signal) => {
    const name = localFunctionName(arn);
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

/** Puts the sample tool there when a folder is first used, and never again: who deletes it is rid of it. */
import { fileURLToPath } from 'node:url';
import { randomSecret } from '../../shared/ids.ts';
import { localFunctionArn } from '../../shared/tools/function-arn.ts';
import { toolIdOf } from '../../shared/tools/tool.ts';
import type { ToolStore } from '../../shared/tools/tool-store.ts';
import { webhookSecret } from '../../shared/tools/webhook-signature.ts';
import { weatherTool } from './sample-tools/weather.ts';

export const sampleToolsFolder = fileURLToPath(new URL('./sample-tools', import.meta.url));

export const registerSampleTool = (tools: Pick<ToolStore, 'createOnce'>, nowMs: number): Promise<void> =>
  tools.createOnce({
    ...weatherTool,
    id: toolIdOf(weatherTool.name),
    target: { type: 'lambda', arn: localFunctionArn('weather') },
    timeoutMs: 5_000,
    projects: null,
    secret: webhookSecret(randomSecret()),
    createdAt: Math.floor(nowMs / 1000),
  });

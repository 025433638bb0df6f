/** A tool as the control plane stores it. */
import { type Tool, toolIdOf } from '../../../shared/tools/tool.ts';
import { webhookSecret } from '../../../shared/tools/webhook-signature.ts';

export const secret = webhookSecret(Buffer.alloc(32, 7).toString('base64'));

export const sampleTool = (changes: Partial<Tool> = {}): Tool => {
  const name = changes.name ?? 'get_weather';
  return {
    id: toolIdOf(name),
    name,
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
    target: { type: 'webhook', url: 'https://tools.example.com/weather' },
    timeoutMs: 1_000,
    projects: null,
    secret,
    createdAt: 1,
    ...changes,
  };
};

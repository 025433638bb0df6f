/** Secrets and private words that must turn up nowhere but where they belong (THREATS 11, I6). */

import { adminKey, oneProvider } from '../../support/gateway.ts';
import type { Scene } from '../../support/scene.ts';

export const canaries = {
  prompt: 'canary-prompt-e7a1',
  answer: 'canary-answer-93bd',
  toolArguments: 'canary-arguments-2f60',
  user: 'canary-user-77c2',
  header: 'canary-header-d04e',
  model: 'canary-model-b1f8',
  member: 'canary-member-40aa',
  path: 'canary-path-6e9d',
  /** In a provider's error message. */
  provider: 'canary-provider-c3c3',
  /** In the message of a bug of ours. */
  bug: 'canary-bug-58d7',
  /** Not one that looks like a key. */
  providerKey: 'upstream.canary.key/0123456789',
} as const;

export const toldProvider = {
  model: 'test-model',
  messages: [
    { role: 'user', content: canaries.prompt },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'look', arguments: `{"at":"${canaries.toolArguments}"}` } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: canaries.toolArguments },
  ],
  user: canaries.user,
};

/** What a provider may say when it fails, at its worst: it quotes all it was sent, over several lines. */
export const indiscreet = `${canaries.provider}: ${canaries.prompt}\n    at ${canaries.toolArguments} (${canaries.providerKey}:1:1)\nBearer ${canaries.providerKey}`;

export const environment = { TEST_PROVIDER_KEY: canaries.providerKey };

/** One provider that is given up soon. */
export const impatient = (baseURL: string) => {
  const config = oneProvider(baseURL);
  return {
    ...config,
    providers: {
      scripted: { kind: 'openai' as const, baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', timeouts: { totalMs: 300 } },
    },
  };
};
/** The canaries, and the keys in use with the part of them that is secret. */
export function secretsOf({ tenant }: Scene): string[] {
  const keySecret = tenant.key.slice(tenant.key.lastIndexOf('_') + 17, -6);
  const plain = [...Object.values(canaries), adminKey, tenant.key, keySecret];
  return plain.flatMap((secret) => [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1)]);
}

export function expectNone(text: string, secrets: readonly string[]): void {
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
}

/** What no answer may tell of the inside. */
export const internals = [
  /\bat .*:\d+:\d+/,
  /node_modules|\.ts\b|file:\/\//,
  /127\.0\.0\.1|localhost/,
  /dynamo|aws|ConditionalCheck|ZodError/i,
  new RegExp(canaries.providerKey),
];

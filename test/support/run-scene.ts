/** Runs of tools, as tests look at them: a scene with the weather's tool, and what an administrator sees. */
import type { Config } from '../../shared/config/schema.ts';
import { adminKey, baseURL, oneProvider } from './gateway.ts';
import { type Scene, scene } from './scene.ts';
import { loopbackTools, registered, servedTools, type ToolServer } from './tool-server.ts';

export type Run = {
  readonly id: string;
  readonly status: string;
  readonly failure: string | null;
  readonly steps: readonly Record<string, unknown>[];
};

export const weather = { type: 'function', function: { name: 'sluice:get_weather' } } as const;

export const question = {
  model: 'test-model',
  messages: [{ role: 'user' as const, content: 'What is the weather in Paris?' }],
  tools: [weather],
};

/** The same, of the Responses API. */
export const askedOfResponses = {
  model: 'test-model',
  input: 'What is the weather in Paris?',
  tools: [{ type: 'function' as const, name: 'sluice:get_weather', parameters: null, strict: null }],
};

export type RunScene = {
  readonly given: () => Scene;
  readonly tools: () => ToolServer;
  readonly admin: <Answer>(method: string, path: string) => Promise<Answer>;
  /** Of the answer with that id in its headers, once it has ended. */
  readonly runOf: (response: Response) => Promise<Run>;
};

/** Call at the top of a file. */
export function runScene(configure: (baseURL: string) => Config = oneProvider): RunScene {
  const tools = servedTools();
  const given = scene({ environment: loopbackTools }, configure);
  beforeAll(async () => {
    await registered(given().gateway, tools().url);
  });
  const admin = async <Answer>(method: string, path: string): Promise<Answer> => {
    const headers = { authorization: `Bearer ${adminKey}` };
    const response = await given().gateway.fetch(`${baseURL}${path}`, { method, headers });
    return (await response.json()) as Answer;
  };
  return {
    given,
    tools,
    admin,
    runOf: async (response) => {
      await given().gateway.idle();
      return admin('GET', `/organization/runs/${response.headers.get('x-sluice-run-id')}`);
    },
  };
}

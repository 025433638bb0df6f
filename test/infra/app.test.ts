/** `cdk synth` as a program: what it refuses and what it warns of. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runApp, synthesize } from './assembly.ts';

const timeoutMs = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

const openai = { kind: 'openai', baseURL: 'https://api.openai.com/v1', apiKeyEnv: 'OPENAI_API_KEY' };

test(
  'a wrong sluice.json stops synth, with the field, the remedy and no stack trace',
  async () => {
    const wrong = file('wrong.json', { providers: { openai }, models: { house: { targets: ['backup/llama'] } } });
    const { exitCode, stderr } = await runApp({ variables: { SLUICE_CONFIG: wrong } });
    expect(stderr).toBe(
      `${wrong}: models.house.targets[0] names the provider "backup", which "providers" does not have. It has: openai.\n`,
    );
    expect(exitCode).toBe(1);
  },
  timeoutMs,
);

test(
  'a wrong -c stops synth, with the remedy and no stack trace',
  async () => {
    const { exitCode, stderr } = await runApp({ context: { stage: 'Prod_1' } });
    expect(stderr).toMatch(/^-c stage=Prod_1 is wrong: [^\n]*\n$/);
    expect(exitCode).toBe(1);
  },
  timeoutMs,
);

test(
  'what is easily overlooked is said out loud, and stops nothing',
  async () => {
    const config = file('unpriced.json', {
      providers: { openai },
      models: { mystery: { targets: ['openai/mystery-9'] } },
    });
    const { exitCode, stderr } = await runApp({
      variables: { SLUICE_CONFIG: config, OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' },
    });
    expect(stderr).toMatch(/warning: models\.mystery has no known price/);
    expect(stderr).toMatch(/OPENAI_BASE_URL is set: .*http:\/\/127\.0\.0\.1:9\/v1/);
    expect(exitCode).toBe(0);
  },
  timeoutMs,
);

test(
  "a stage without a role for logs leaves the account's alone",
  async () => {
    const stack = await synthesize('dev', { context: { logRole: 'existing' } });
    expect(stack.of('AWS::ApiGateway::Account')).toEqual([]);
    expect(stack.findings).not.toContain('Non-Compliant');
  },
  timeoutMs,
);

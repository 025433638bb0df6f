/**
 * `npm run e2e`: the whole life of a deployment. An AWS on loopback, `cdk deploy`,
 * the official SDK, `cdk destroy`, and nothing left.
 */
import assert from 'node:assert/strict';
import { scriptedProvider } from '../support/scripted-provider.ts';
import { run } from './command.ts';
import { converse } from './conversation.ts';
import { bootstrap, deploy, destroy, lint, synthesize } from './deployment.ts';
import { inventory, type Ministack, startMinistack } from './ministack.ts';
import { createReport, type Report } from './report.ts';
import { environment, installPrograms } from './workspace.ts';

const providerKey = 'sk-upstream-of-the-end-to-end-test';

/** Ended when the run ends, however it does, the last one first. */
const stops: (() => Promise<void>)[] = [];
const stopAll = async (): Promise<void> => {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
};

async function life(report: Report): Promise<void> {
  await report.step('Install MiniStack, cfn-lint and the AWS CLI', installPrograms);

  const provider = await scriptedProvider();
  stops.push(provider.stop);
  const streaming = await report.step('cdk synth, streaming', () => synthesize('stream', environment()));
  const buffered = await report.step('cdk synth, buffered', () =>
    synthesize('buffered', environment({ OPENAI_BASE_URL: provider.baseURL })),
  );
  for (const assembly of [streaming, buffered]) {
    await report.check(`cfn-lint finds nothing in ${assembly}`, async () => void (await lint(assembly, environment())));
  }

  const aws = await report.step('Start MiniStack', startMinistack);
  stops.push(aws.stop);
  await report.step('cdk bootstrap', () => bootstrap(aws));
  const before = await inventory(aws);
  const outputs = await report.step('cdk deploy', () => deploy(buffered, aws));
  report.note(`   ${outputs.BaseUrl}`);

  const shell = (command: string) => run('sh', ['-c', command], aws.environment);
  await report.step('Store the key of the provider, by the command that the stack gives', () =>
    shell(outputs.ProviderKeysCommand.replace('...', providerKey)),
  );
  const adminKey = await report.step('Read the root admin key, by the command that the stack gives', async () =>
    (await shell(outputs.RootAdminKeyCommand)).trim(),
  );
  await report.check('the root admin key is long', () => assert.match(adminKey, /^[A-Za-z0-9]{48,}$/));
  await converse({ report, provider, providerKey, adminKey, baseURL: addressOf(outputs.BaseUrl, aws) });

  await report.step('cdk destroy', () => destroy(buffered, aws));
  const after = await inventory(aws);
  for (const kind of Object.keys(before)) {
    await report.check(`nothing is left of the stack's ${kind}`, () => assert.deepEqual(after[kind], before[kind]));
  }
}

/** Where MiniStack serves the API that AWS would serve at this address. */
function addressOf(baseUrl: string, aws: Ministack): string {
  const [, apiId, stage] = /^https:\/\/([a-z0-9]+)\.execute-api\.[^/]+\/(v1)$/.exec(baseUrl) ?? [];
  if (!apiId || !stage) throw new Error(`The output BaseUrl is no address of an API: ${baseUrl}`);
  return aws.apiUrl(apiId, stage);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().finally(() => process.exit(1)));
}

const report = createReport(() => performance.now());
try {
  await life(report);
} catch (error) {
  report.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await stopAll();
}
process.exitCode = report.close() ? 0 : 1;

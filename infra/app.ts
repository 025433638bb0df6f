/**
 * The CDK app. `npx cdk deploy` runs it; CONTRIBUTING.md lists the context that
 * `deployment.ts` reads. `SLUICE_CONFIG` names another document than `sluice.json`,
 * `OPENAI_BASE_URL` another place than the document's for the provider `openai`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Aspects } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunctions } from './build/bundle.ts';
import { ConfigError, readConfig, resolveConfig, warningsOf } from './build/resolve-config.ts';
import { readDeployment } from './deployment.ts';
import { GatewayStack } from './gateway-stack.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function synthesize(bundleFolder: string): Promise<void> {
  const app = new App();
  const deployment = readDeployment((name) => app.node.tryGetContext(name));
  const config = readConfig(process.env['SLUICE_CONFIG'] ?? 'sluice.json');
  if (config.defaults?.requestLog?.mode === 'content' && deployment.requestLogKey === null) {
    throw new ConfigError(
      'defaults.requestLog.mode is content, which needs a key to encrypt it with: deploy with -c requestLogKey=arn:aws:kms:…, the ARN of a KMS key of yours.',
    );
  }
  const openaiBaseURL = process.env['OPENAI_BASE_URL'];
  const resolved = resolveConfig(config, { now: new Date(), openaiBaseURL });
  for (const warning of warningsOf(resolved)) say(`warning: ${warning}`);
  // Easily left behind in a shell, and then it decides where every prompt of a stage goes.
  if (openaiBaseURL) say(`OPENAI_BASE_URL is set: the provider openai will be ${openaiBaseURL}`);

  new GatewayStack(app, `sluice-${deployment.stage}`, {
    deployment,
    config: resolved,
    bundles: await bundleFunctions(bundleFolder, resolved),
  });
  Aspects.of(app).add(new AwsSolutionsChecks());
  app.synth();
}

// Synthesis copies the bundles into the assembly, so nothing needs them afterwards.
const bundleFolder = mkdtempSync(join(tmpdir(), 'sluice-'));
try {
  await synthesize(bundleFolder);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  say(error.message);
  process.exitCode = 1;
} finally {
  rmSync(bundleFolder, { recursive: true, force: true });
}

/** What Lambda and the stack would provide before a function is loaded. Tests make gateways of their own from it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installAwsLambdaGlobal } from '../../infra/local/aws-lambda-global.ts';
import { tableNames, tableVariable } from '../../shared/tables.ts';
import { temporaryFolder } from './temporary.ts';

const resolved = { priceVersion: 'test', builtAt: 0, providers: {}, models: {}, wildcard: null };
const folder = temporaryFolder();
const file = join(folder, 'sluice.resolved.json');
writeFileSync(file, JSON.stringify(resolved));

Object.assign(process.env, {
  SLUICE_STAGE: 'test',
  SLUICE_RESOLVED_CONFIG: file,
  SLUICE_ADMIN_KEY: 'sk-admin-of-the-tests-0123456789abcdef',
  SLUICE_PEPPERS: JSON.stringify({ '1': 'a pepper for nothing but the tests, 1' }),
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  DYNAMODB_ENDPOINT: process.env['DYNAMODB_ENDPOINT'] ?? 'http://127.0.0.1:9',
  NOTIFICATIONS_FILE: join(folder, 'notifications.jsonl'),
  REPORTS_FOLDER: join(folder, 'reports'),
  BODIES_FOLDER: join(folder, 'bodies'),
  REQUEST_LOG_FOLDER: folder,
  QUEUE_TABLE: 'test-queue',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
  ...Object.fromEntries(tableNames.map((name) => [tableVariable(name), `test-${name}`])),
});
delete process.env['OPENAI_API_KEY'];
delete process.env['OPENAI_BASE_URL'];

installAwsLambdaGlobal();

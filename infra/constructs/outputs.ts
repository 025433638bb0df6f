/** What `cdk deploy` prints: where the API is, and the commands that come next. */

import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnOutput, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { ResolvedConfig } from '../../shared/catalogue/resolved-config.ts';
import { keyVariableOf } from '../../shared/providers/kinds.ts';
import type { Alarms } from './alarms.ts';
import type { Api } from './api.ts';
import type { Notifications } from './notifications.ts';
import type { Reports } from './reports.ts';
import { arnOf, type Secrets } from './secrets.ts';

export type OutputsProps = {
  readonly api: Api;
  readonly secrets: Secrets;
  readonly notifications: Notifications;
  readonly alarms: Alarms;
  readonly reports: Reports;
  readonly config: ResolvedConfig;
};

export class Outputs extends Construct {
  constructor(scope: Construct, id: string, { api, secrets, notifications, alarms, reports, config }: OutputsProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    const command = (name: string, secret: Secret) =>
      `aws secretsmanager ${name} --region ${region} --secret-id ${arnOf(secret)}`;

    this.output('BaseUrl', 'The baseURL to give to an OpenAI SDK.', api.baseUrl);
    this.output(
      'RootAdminKeyCommand',
      'Prints the root admin key.',
      `${command('get-secret-value', secrets.adminKey)} --query SecretString --output text | cut -d '"' -f 4`,
    );
    const entries = Object.fromEntries(providerKeyNames(config).map((name) => [name, '...']));
    this.output(
      'ProviderKeysCommand',
      'Stores the keys of the model providers.',
      `${command('put-secret-value', secrets.providerKeys)} --secret-string '${JSON.stringify(entries)}'`,
    );
    this.output('NotificationsTopicArn', 'Subscribe to it for alerts and reports.', notifications.topicArn);
    this.output('AlarmsTopicArn', 'Subscribe to it to be told when something is wrong.', alarms.topic.topicArn);
    this.output('ReportsBucketName', 'Holds the usage reports.', reports.bucketName);
  }

  private output(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value }).overrideLogicalId(id);
  }
}

const providerKeyNames = ({ providers }: ResolvedConfig): string[] => [
  ...new Set(Object.values(providers).flatMap((provider) => keyVariableOf(provider) ?? [])),
];

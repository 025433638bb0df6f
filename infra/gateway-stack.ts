/** The gateway on AWS, as a page of contents. */
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { ResolvedConfig } from '../shared/catalogue/resolved-config.ts';
import type { Bundles } from './build/bundle.ts';
import { Alarms } from './constructs/alarms.ts';
import { Api } from './constructs/api.ts';
import { Bedrock } from './constructs/bedrock.ts';
import { Bodies } from './constructs/bodies.ts';
import { Dashboard } from './constructs/dashboard.ts';
import { DeadLetters } from './constructs/dead-letters.ts';
import { Functions } from './constructs/functions.ts';
import { LogQueries } from './constructs/log-queries.ts';
import { Notifications } from './constructs/notifications.ts';
import { Outputs } from './constructs/outputs.ts';
import { Queues } from './constructs/queues.ts';
import { Reports } from './constructs/reports.ts';
import { Schedules } from './constructs/schedules.ts';
import { Secrets } from './constructs/secrets.ts';
import { Tables } from './constructs/tables.ts';
import { ToolFunctions } from './constructs/tool-functions.ts';
import type { Deployment } from './deployment.ts';
import { queues as queueDefinitions } from './queues.ts';
import { deployedRoutes as routes } from './routes.ts';
import { schedulesWith } from './schedules.ts';

export type GatewayStackProps = {
  readonly deployment: Deployment;
  readonly config: ResolvedConfig;
  readonly bundles: Bundles;
};

export class GatewayStack extends Stack {
  constructor(scope: Construct, id: string, { deployment, config, bundles }: GatewayStackProps) {
    super(scope, id, {
      description: `Sluice, an AI gateway with OpenAI's API. Stage ${deployment.stage}.`,
      terminationProtection: deployment.production,
    });
    const schedules = schedulesWith(config.sweep);
    const tables = new Tables(this, 'Tables', deployment);
    const secrets = new Secrets(this, 'Secrets', deployment);
    const notifications = new Notifications(this, 'Notifications', deployment);
    const reports = new Reports(this, 'Reports', deployment, bundles);
    const bodies = new Bodies(this, 'Bodies', deployment, bundles);
    const queues = new Queues(this, 'Queues', queueDefinitions);
    const deadLetters = new DeadLetters(this, 'DeadLetters');
    const functions = new Functions(this, 'Functions', {
      deployment,
      routes,
      schedules,
      queueDefinitions,
      bundles,
      tables,
      secrets,
      notifications,
      reports,
      bodies,
      queues,
      deadLetters,
      bedrock: new Bedrock(this, config),
      toolFunctions: new ToolFunctions(config),
    });
    const api = new Api(this, 'Api', { deployment, routes, functions });
    new Schedules(this, 'Schedules', { schedules, functions, deadLetters });
    queues.deliverTo(functions);
    const alarms = new Alarms(this, 'Alarms', { deployment, queues, deadLetters });
    if (deployment.dashboard) {
      const all = alarms.node.findAll().filter((construct) => construct instanceof Alarm);
      new Dashboard(this, 'Dashboard', { deployment, api, queues, deadLetters, tables, alarms: all });
    }
    new LogQueries(this, 'LogQueries', {
      deployment,
      functionLogs: functions.logGroups,
      accessLogs: api.accessLogs,
    });
    new Outputs(this, 'Outputs', { api, secrets, notifications, alarms, reports, config });
  }
}

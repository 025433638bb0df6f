/** Saved queries, built from `infra/log-queries.ts` and from nothing else. They cost nothing until somebody runs them. */
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';
import { type LogQuery, logQueries } from '../log-queries.ts';

export type LogQueriesProps = {
  readonly deployment: Deployment;
  readonly functionLogs: readonly ILogGroup[];
  readonly accessLogs: ILogGroup;
};

export class LogQueries extends Construct {
  constructor(scope: Construct, id: string, { deployment, functionLogs, accessLogs }: LogQueriesProps) {
    super(scope, id);
    for (const [index, query] of (logQueries as readonly LogQuery[]).entries()) {
      const groups = query.accessLogs ? [...functionLogs, accessLogs] : functionLogs;
      new CfnQueryDefinition(this, String(index), {
        // What stands before a slash is a folder in the console.
        name: `Sluice/${deployment.stage}/${query.name}`,
        queryString: query.query.join('\n| '),
        logGroupNames: groups.map(({ logGroupName }) => logGroupName),
      });
    }
  }
}

/** The DynamoDB tables of `shared/tables.ts`, and who may do what with them. */
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { probedPartition } from '../../shared/dynamo/table-probe-store.ts';
import type { TableAccess } from '../../shared/http/route.ts';
import { isLocal, type TableDefinition, type TableName, tableNames, tables } from '../../shared/tables.ts';
import type { Deployment } from '../deployment.ts';
import { removalPolicy } from './lifetime.ts';

/** No `Scan`: nothing that a request can do needs one. */
const actions: Record<TableAccess, readonly string[]> = {
  read: ['dynamodb:GetItem', 'dynamodb:ConditionCheckItem'],
  list: ['dynamodb:Query'],
  append: ['dynamodb:PutItem'],
  // Of the one partition that is asked for: there is nothing in it.
  probe: ['dynamodb:Query'],
  write: ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
const probedPartitionOnly = { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [probedPartition] } };

const string = (name: string) => ({ name, type: AttributeType.STRING });

export class Tables extends Construct {
  private readonly byName: ReadonlyMap<TableName, Table>;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    this.byName = new Map(tableNames.map((name) => [name, this.table(name, deployment)]));
  }

  /** The table's name as the stack has made it. */
  nameOf(name: TableName): string {
    return this.find(name).tableName;
  }

  grant(grantee: IGrantable, name: TableName, access: ReadonlySet<TableAccess>): void {
    const table = this.find(name);
    const unbounded = [...access].filter((kind) => kind !== 'probe').flatMap((kind) => actions[kind]);
    if (unbounded.length > 0) {
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({ actions: unbounded, resources: [table.tableArn] }),
      );
    }
    if (access.has('probe')) {
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({
          actions: [...actions.probe],
          resources: [table.tableArn],
          conditions: probedPartitionOnly,
        }),
      );
    }
    const indexes = Object.keys((tables[name] as TableDefinition).indexes ?? {});
    if (!access.has('list') || indexes.length === 0) return;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: indexes.map((index) => `${table.tableArn}/index/${index}`),
      }),
    );
  }

  private table(name: TableName, deployment: Deployment): Table {
    const { partitionKey, sortKey, expiresAt, indexes = {} }: TableDefinition = tables[name];
    const table = new Table(this, name, {
      partitionKey: string(partitionKey),
      ...(sortKey !== undefined && { sortKey: string(sortKey) }),
      ...(expiresAt !== undefined && { timeToLiveAttribute: expiresAt }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      // AWS's own key in this account: its every use is in CloudTrail, and it costs nothing to keep.
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: deployment.production,
      removalPolicy: removalPolicy(deployment),
    });
    for (const [indexName, index] of Object.entries(indexes)) {
      const held = {
        indexName,
        sortKey: string(index.sortKey),
        ...(index.attributes.length > 0
          ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...index.attributes] }
          : { projectionType: ProjectionType.KEYS_ONLY }),
      };
      if (isLocal(index, tables[name])) table.addLocalSecondaryIndex(held);
      else table.addGlobalSecondaryIndex({ ...held, partitionKey: string(index.partitionKey) });
    }
    return table;
  }

  private find(name: TableName): Table {
    const table = this.byName.get(name);
    if (!table) throw new Error(`shared/tables.ts has no table ${name}`);
    return table;
  }
}

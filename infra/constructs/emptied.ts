/** Makes a bucket go with its stack, and what is in it too. For stages that leave nothing behind. */
import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CustomResource, Duration, Stack } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { FunctionBundle } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { InlineRole } from './inline-role.ts';
import { logRetention, removalPolicy } from './lifetime.ts';

export type EmptiedProps = EmptierProps & { readonly bucket: Bucket };

type EmptierProps = {
  readonly deployment: Deployment;
  /** Of `infra/custom-resources/empty-bucket.ts`. */
  readonly bundle: FunctionBundle;
};

export class Emptied extends Construct {
  constructor(scope: Construct, id: string, { bucket, ...props }: EmptiedProps) {
    super(scope, id);
    const emptier = Emptier.of(this, props);
    emptier.grantEmpty(bucket);
    const emptied = new CustomResource(this, 'Resource', {
      serviceToken: emptier.functionArn,
      resourceType: 'Custom::EmptiedBucket',
      properties: { BucketName: bucket.bucketName },
    });
    // CloudFormation goes backwards when it deletes: the bucket, and what empties it, must still be there then.
    emptied.node.addDependency(emptier, bucket);
  }
}

/** The function that empties them, one for all buckets of the stack. */
class Emptier extends Construct {
  readonly functionArn: string;
  private readonly role: Role;

  static of(scope: Construct, props: EmptierProps): Emptier {
    const stack = Stack.of(scope);
    const found = stack.node.tryFindChild('Emptier');
    return found instanceof Emptier ? found : new Emptier(stack, 'Emptier', props);
  }

  private constructor(scope: Construct, id: string, { deployment, bundle }: EmptierProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    this.role = new InlineRole(this, 'Role', new ServicePrincipal('lambda.amazonaws.com'));
    logGroup.grantWrite(this.role);
    NagSuppressions.addResourceSuppressions(
      this.role,
      [{ id: 'AwsSolutions-IAM5', reason: 'It deletes whatever is in these buckets, and X-Ray wants * for traces.' }],
      true,
    );
    const { functionArn } = new LambdaFunction(this, 'Function', {
      description: 'Empties a bucket before it is deleted.',
      code: Code.fromAsset(bundle.folder, { assetHash: bundle.hash }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(15),
      tracing: Tracing.ACTIVE,
      role: this.role,
      logGroup,
    });
    this.functionArn = functionArn;
  }

  grantEmpty(bucket: Bucket): void {
    this.role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn] }));
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
  }
}

/** Makes a bucket go with its stack, and what is in it too. For stages that leave nothing behind. */
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CustomResource, Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { FunctionBundle } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { logRetention, removalPolicy } from './lifetime.ts';

export type EmptiedProps = {
  readonly bucket: Bucket;
  readonly deployment: Deployment;
  /** Of `infra/custom-resources/empty-bucket.ts`. */
  readonly bundle: FunctionBundle;
};

export class Emptied extends Construct {
  constructor(scope: Construct, id: string, { bucket, deployment, bundle }: EmptiedProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucketVersions'], resources: [bucket.bucketArn] }));
    role.addToPolicy(
      new PolicyStatement({
        actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        resources: [bucket.arnForObjects('*')],
      }),
    );
    NagSuppressions.addResourceSuppressions(
      role,
      [{ id: 'AwsSolutions-IAM5', reason: 'It deletes whatever is in this one bucket, and X-Ray wants * for traces.' }],
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
      role,
      logGroup,
    });
    const emptied = new CustomResource(this, 'Resource', {
      serviceToken: functionArn,
      resourceType: 'Custom::EmptiedBucket',
      properties: { BucketName: bucket.bucketName },
    });
    // CloudFormation goes backwards when it deletes: its role and its bucket must still be there then.
    emptied.node.addDependency(role, bucket, logGroup);
  }
}

/** The bucket of the reports: private, versioned, encrypted, and on `prod` there to stay. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, StorageClass } from 'aws-cdk-lib/aws-s3';
import { CfnResource, Duration, Stack } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';
import { logRetention, removalPolicy } from './lifetime.ts';

export class Reports extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(90) }],
          // A report that is made again replaces the one before, which is of interest for as long as anyone asks why.
          noncurrentVersionExpiration: Duration.days(90),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: removalPolicy(deployment),
      autoDeleteObjects: !deployment.production,
    });
    NagSuppressions.addResourceSuppressions(this.bucket, [
      {
        id: 'AwsSolutions-S1',
        reason:
          'A log of accesses would be a second bucket that has none itself; CloudTrail shows who read a report, where that is asked.',
      },
    ]);
    if (!deployment.production) this.takeTheLogsAlong(deployment);
  }

  get bucketName(): string {
    return this.bucket.bucketName;
  }

  /** To write, and to write over; a function need not read or delete what it has made. */
  grantPut(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [this.bucket.arnForObjects('*')] }),
    );
  }

  /** CDK's function that empties the bucket would log into a group of Lambda's making, which `cdk destroy` leaves behind. */
  private takeTheLogsAlong(deployment: Deployment): void {
    const emptier = Stack.of(this).node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider');
    const handler = emptier.node.findChild('Handler');
    if (!(handler instanceof CfnResource)) throw new Error('CDK empties buckets by other means than it did');
    const logs = new LogGroup(this, 'EmptierLogs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    handler.addPropertyOverride('LoggingConfig', { LogGroup: logs.logGroupName });
  }
}

/** The bucket of the reports: private, versioned, encrypted, and on `prod` there to stay. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { Emptied } from './emptied.ts';
import { removalPolicy } from './lifetime.ts';

export class Reports extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment, bundles: Bundles) {
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
    });
    NagSuppressions.addResourceSuppressions(this.bucket, [
      {
        id: 'AwsSolutions-S1',
        reason:
          'A log of accesses would be a second bucket that has none itself; CloudTrail shows who read a report, where that is asked.',
      },
    ]);
    if (deployment.production) return;
    const bundle = bundles['empty-bucket'];
    if (!bundle) throw new Error('There is no bundle of infra/custom-resources/empty-bucket.ts');
    new Emptied(this, 'Emptied', { bucket: this.bucket, deployment, bundle });
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
}

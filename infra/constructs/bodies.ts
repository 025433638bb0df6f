/** The bucket of bodies too large for a table: private, encrypted, and emptied by time. Nothing in it is missed. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import { bodyLifetimeDays } from '../../shared/bodies/body-store.ts';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { Emptied } from './emptied.ts';
import { removalPolicy } from './lifetime.ts';

export class Bodies extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment, bundles: Bundles) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [
        { expiration: Duration.days(bodyLifetimeDays), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      removalPolicy: removalPolicy(deployment),
    });
    NagSuppressions.addResourceSuppressions(this.bucket, [
      {
        id: 'AwsSolutions-S1',
        reason: 'A log of accesses would be a second bucket that has none itself, for what is gone within weeks.',
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

  /** One body by its key, to read or to write: no listing, and no deleting but by time. */
  grantReadWrite(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject'], resources: [this.bucket.arnForObjects('*')] }),
    );
  }
}

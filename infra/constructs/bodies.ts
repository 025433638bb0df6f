/** The bucket of bodies too large for a table: private, encrypted, and emptied by time. Nothing in it is missed. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bodyLifetimeDays } from '../../shared/bodies/body-store.ts';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { privateBucket } from './private-bucket.ts';

export class Bodies extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment, bundles: Bundles) {
    super(scope, id);
    this.bucket = privateBucket(this, {
      deployment,
      bundles,
      lifecycleRules: [
        { expiration: Duration.days(bodyLifetimeDays), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      notLogged: 'A log of accesses would be a second bucket that has none itself, for what is gone within weeks.',
    });
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

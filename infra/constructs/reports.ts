/** The bucket of the reports: private, versioned, encrypted, and on `prod` there to stay. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Bucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { privateBucket } from './private-bucket.ts';

export class Reports extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment, bundles: Bundles) {
    super(scope, id);
    this.bucket = privateBucket(this, {
      deployment,
      bundles,
      versioned: true,
      lifecycleRules: [
        {
          transitions: [{ storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(90) }],
          // A report that is made again replaces the one before, which is of interest for as long as anyone asks why.
          noncurrentVersionExpiration: Duration.days(90),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      notLogged:
        'A log of accesses would be a second bucket that has none itself; CloudTrail shows who read a report, where that is asked.',
    });
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

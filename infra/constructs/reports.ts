/** The bucket of what is for people's eyes: reports, which stay, and the request log, which does not. Private, versioned, encrypted. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Bucket, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { logsPrefix } from '../../shared/request-log/log-line.ts';
import { retentionClasses } from '../../shared/request-log/project-request-log.ts';
import { retentionTag } from '../../shared/request-log/retention-tag.ts';
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
        ...retentionClasses.map((days) => ({
          prefix: logsPrefix,
          tagFilters: { [retentionTag]: String(days) },
          expiration: Duration.days(days),
          // In a bucket with versions what has expired is an older version, until it is deleted for good.
          noncurrentVersionExpiration: Duration.days(1),
        })),
        { prefix: logsPrefix, expiredObjectDeleteMarker: true },
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

  /** To write files of the request log, each with the tag by which it expires, and content under the customer's key and no other. */
  grantLog(grantee: IGrantable, { requestLogKey }: Deployment): void {
    const principal = grantee.grantPrincipal;
    principal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:PutObjectTagging'],
        resources: [this.bucket.arnForObjects(`${logsPrefix}*`)],
      }),
    );
    if (requestLogKey === null) return;
    principal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: [requestLogKey] }),
    );
  }
}

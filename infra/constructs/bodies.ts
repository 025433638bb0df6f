/** The bucket of bodies too large for a table: private, encrypted, and emptied by time but for those of conversations. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { bodyLifetimeDays, rubbishFolders } from '../../shared/bodies/body-store.ts';
import type { BodyAccess } from '../../shared/http/route.ts';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { privateBucket } from './private-bucket.ts';

const actionsOf: Record<BodyAccess, readonly string[]> = {
  keep: ['s3:GetObject', 's3:PutObject'],
  delete: ['s3:DeleteObject'],
};

export class Bodies extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment, bundles: Bundles) {
    super(scope, id);
    this.bucket = privateBucket(this, {
      deployment,
      bundles,
      lifecycleRules: [
        ...rubbishFolders.map((folder) => ({ prefix: `${folder}/`, expiration: Duration.days(bodyLifetimeDays) })),
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      notLogged: 'A log of accesses would be a second bucket that has none itself, for what no person ever reads.',
    });
  }

  get bucketName(): string {
    return this.bucket.bucketName;
  }

  /** One body by its key, to read or to write: no listing, and deleting only for who says so. */
  grant(grantee: IGrantable, access: readonly BodyAccess[]): void {
    const actions = [...new Set(access.flatMap((kind) => actionsOf[kind]))];
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions, resources: [this.bucket.arnForObjects('*')] }),
    );
  }
}

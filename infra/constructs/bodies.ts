/** The bucket of bodies too large for a table: private, encrypted, and emptied by time but for those of conversations. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { inboxFolder, objectFolders, rubbishFolders } from '../../shared/bodies/body-store.ts';
import type { BodyAccess } from '../../shared/http/route.ts';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { privateBucket } from './private-bucket.ts';

const everything = ['*'];

const allowed: Record<BodyAccess, { readonly actions: readonly string[]; readonly keys: readonly string[] }> = {
  keep: { actions: ['s3:GetObject', 's3:PutObject'], keys: everything },
  delete: { actions: ['s3:DeleteObject'], keys: everything },
  files: {
    actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
    keys: Object.keys(objectFolders).map((folder) => `${folder}/*`),
  },
  inbox: { actions: ['s3:GetObject', 's3:DeleteObject'], keys: [`${inboxFolder}/*`] },
};

export class Bodies extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, deployment: Deployment, bundles: Bundles) {
    super(scope, id);
    this.bucket = privateBucket(this, {
      deployment,
      bundles,
      lifecycleRules: [
        ...rubbishFolders.map(({ name, lifetimeDays }) => ({
          prefix: `${name}/`,
          expiration: Duration.days(lifetimeDays),
        })),
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
    for (const { actions, keys } of access.map((kind) => allowed[kind])) {
      grantee.grantPrincipal.addToPrincipalPolicy(
        new PolicyStatement({ actions: [...actions], resources: keys.map((key) => this.bucket.arnForObjects(key)) }),
      );
    }
  }
}

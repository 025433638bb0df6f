/** A bucket that nobody reaches from outside or in the clear. On `prod` it stays; elsewhere it goes with the stack, and all that is in it. */
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { NagSuppressions } from 'cdk-nag';
import type { Construct } from 'constructs';
import type { Bundles } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { Emptied } from './emptied.ts';
import { removalPolicy } from './lifetime.ts';

export type PrivateBucketProps = Pick<BucketProps, 'versioned' | 'lifecycleRules'> & {
  readonly deployment: Deployment;
  readonly bundles: Bundles;
  /** Why there is no log of accesses: for cdk-nag. */
  readonly notLogged: string;
};

export function privateBucket(
  scope: Construct,
  { deployment, bundles, notLogged, ...props }: PrivateBucketProps,
): Bucket {
  const bucket = new Bucket(scope, 'Bucket', {
    ...props,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    removalPolicy: removalPolicy(deployment),
  });
  NagSuppressions.addResourceSuppressions(bucket, [{ id: 'AwsSolutions-S1', reason: notLogged }]);
  if (deployment.production) return bucket;
  const bundle = bundles['empty-bucket'];
  if (!bundle) throw new Error('There is no bundle of infra/custom-resources/empty-bucket.ts');
  new Emptied(scope, 'Emptied', { bucket, deployment, bundle });
  return bucket;
}

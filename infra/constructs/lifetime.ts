/** How long things outlive the stack. */

import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Deployment } from '../deployment.ts';

/** What cannot be made again stays behind on `prod`; other stages leave nothing. */
export const removalPolicy = ({ production }: Deployment): RemovalPolicy =>
  production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

/** Logs hold ids and counts and no content (I6), so a quarter of a year on `prod` is for accounting questions, not for secrets. */
export const logRetention = ({ production }: Deployment): RetentionDays =>
  production ? RetentionDays.THREE_MONTHS : RetentionDays.TWO_WEEKS;

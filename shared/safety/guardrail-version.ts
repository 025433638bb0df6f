/** What was let through under one policy, by one state of the detectors, is not what another would let through. */
import { createHash } from 'node:crypto';
import { injectionVersion } from '../injection/version.ts';
import { redactionVersion } from '../redaction/entities.ts';
import type { SafetyPolicy } from './policy.ts';

export const guardrailVersion = (policy: SafetyPolicy): string =>
  createHash('sha256')
    .update(JSON.stringify([policy, injectionVersion, redactionVersion]))
    .digest('base64url');

/** Which of a project's calls are logged, where it wants a share of them. */
import { createHash } from 'node:crypto';

/** The same verdict for the same request, whoever asks and however often. */
export function isSampled(requestId: string, share: number): boolean {
  if (share >= 1 || share <= 0) return share >= 1;
  return createHash('sha256').update(requestId).digest().readUInt32BE(0) / 2 ** 32 < share;
}

/** 50,000 custom ids in little memory, to find one that comes twice. */
import { createHash } from 'node:crypto';

/** 128 bits: nobody finds two texts with the same. */
export const textDigest = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 22);

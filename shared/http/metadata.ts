/** `metadata` as callers attach it to what they make. https://platform.openai.com/docs/api-reference/batch/create */
import * as z from 'zod/mini';
import { wellFormed } from './well-formed.ts';

const mostPairs = 16;

export const metadataSchema = z
  .record(z.string().check(z.minLength(1), z.maxLength(64), wellFormed), z.string().check(z.maxLength(512), wellFormed))
  .check(z.refine((pairs) => Object.keys(pairs).length <= mostPairs, `has at most ${mostPairs} pairs`));

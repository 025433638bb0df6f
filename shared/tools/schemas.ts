/** What is read of requests about tools. Unknown members are refused: patchable fields are an allow-list. */
import * as z from 'zod/mini';
import { pageQuery } from '../http/page.ts';
import { wellFormed } from '../http/well-formed.ts';
import { maxUrlLength } from './target-url.ts';
import { toolNamePattern } from './tool.ts';

/** As long as OpenAI lets the description of a function be. */
const description = z.string().check(z.minLength(1), z.maxLength(1_024), wellFormed);

/** A JSON Schema, which is checked as one where it is taken: only of an object can arguments be. */
const parameters = z.looseObject({ type: z.enum(['object']) });

const target = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('webhook'), url: z.string().check(z.minLength(1), z.maxLength(maxUrlLength)) }),
  z.strictObject({ type: z.literal('lambda'), arn: z.string().check(z.minLength(1), z.maxLength(256)) }),
]);

/** A minute at the most: the model, and whoever asked it, wait meanwhile. */
const timeoutMs = z.int().check(z.minimum(100), z.maximum(60_000));

const projectId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected the id of a project'));
const projects = z.nullable(z.array(projectId).check(z.maxLength(100)));

export const toolCreateSchema = z.strictObject({
  name: z.string().check(z.regex(toolNamePattern, 'expected 1 to 57 letters, digits, underscores and dashes')),
  description,
  parameters,
  target,
  timeout_ms: z.optional(timeoutMs),
  projects: z.optional(projects),
});

export const toolUpdateSchema = z.strictObject({
  description: z.optional(description),
  parameters: z.optional(parameters),
  target: z.optional(target),
  timeout_ms: z.optional(timeoutMs),
  projects: z.optional(projects),
  /** True: a new secret, which is shown this once. Calls are signed with it from then on. */
  rotate_secret: z.optional(z.boolean()),
});

export const toolListSchema = z.strictObject(pageQuery);

export const toolExecuteSchema = z.strictObject({ arguments: z.looseObject({}) });

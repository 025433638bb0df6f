/** A tool that the gateway runs for models: what models are told of it, and where it is called. */
import * as z from 'zod/mini';
import type { JsonSchema } from '../structured/json-schema.ts';

const targetSchema = z.discriminatedUnion('type', [
  /** `https`, without credentials. */
  z.object({ type: z.literal('webhook'), url: z.string() }),
  z.object({ type: z.literal('lambda'), arn: z.string() }),
]);
export type ToolTarget = Readonly<z.infer<typeof targetSchema>>;

export const toolSettingsSchema = z.object({
  description: z.string(),
  /** Of its arguments. */
  parameters: z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null),
  target: targetSchema,
  timeoutMs: z.int(),
  /** Ids of the projects that may use it; null: all. */
  projects: z.nullable(z.array(z.string())),
});
export type ToolSettings = Readonly<z.infer<typeof toolSettingsSchema>>;

export const toolSchema = z.object({
  /** `tool_<name>`: there is one of a name, so that nothing else need say so. */
  id: z.string(),
  /** As models know it, once in the organization. Requests name it `sluice:<name>`. */
  name: z.string(),
  ...toolSettingsSchema.shape,
  /** What calls of a webhook are signed with: `whsec_…`. */
  secret: z.string(),
  /** Unix seconds. */
  createdAt: z.int(),
});
export type Tool = Readonly<z.infer<typeof toolSchema>>;

/** What requests put before the name of a tool of the gateway. */
export const gatewayPrefix = 'sluice:';

/** With the prefix it is as long as OpenAI lets the name of a function be. */
export const toolNamePattern = /^[A-Za-z0-9_-]{1,57}$/;

const idPrefix = 'tool_';
export const toolIdOf = (name: string): string => `${idPrefix}${name}`;

export const mayUseTool = ({ projects }: Pick<Tool, 'projects'>, projectId: string): boolean =>
  projects === null || projects.includes(projectId);

/** An object in OpenAI's manner. The secret is shown apart from it, once. */
export const toolObject = ({ id, name, description, parameters, target, timeoutMs, projects, createdAt }: Tool) => ({
  id,
  object: 'organization.tool',
  name,
  description,
  parameters,
  target,
  timeout_ms: timeoutMs,
  projects,
  created_at: createdAt,
});

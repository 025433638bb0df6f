/** A tool that the gateway runs for models: what models are told of it, and where it is called. */
import type { JsonSchema } from '../structured/json-schema.ts';

export type ToolTarget =
  | {
      readonly type: 'webhook';
      /** `https`, without credentials. */
      readonly url: string;
    }
  | { readonly type: 'lambda'; readonly arn: string };

export type Tool = {
  /** `tool_…` */
  readonly id: string;
  /** As models know it: `[A-Za-z0-9_-]{1,57}`, once in the organization. Requests name it `sluice:<name>`. */
  readonly name: string;
  readonly description: string;
  /** Of its arguments. */
  readonly parameters: JsonSchema;
  readonly target: ToolTarget;
  readonly timeoutMs: number;
  /** Ids of the projects that may use it; null: all. */
  readonly projects: readonly string[] | null;
  /** What calls of a webhook are signed with: `whsec_…`. */
  readonly secret: string;
  readonly createdAt: number;
};

/** The composition root goes on: the gateway's tools, who registers them and what runs them. */
import { lookup } from 'node:dns/promises';
import { type Admission, createAdmission } from './admission/admission.ts';
import type { ResolvedConfig } from './catalogue/resolved-config.ts';
import {
  type AdminDeps,
  adminGateway,
  admissionDeps,
  idsFrom,
  type Live,
  projectGateway,
  readCatalogue,
  table,
} from './deps.ts';
import { randomSecret } from './ids.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { createSchemaValidator } from './structured/schema-validator.ts';
import { createCallWebhook } from './tools/call-webhook.ts';
import { createExecuteTool, type ExecuteTool } from './tools/execute-tool.ts';
import { type FindTools, rememberedTools } from './tools/find-tools.ts';
import { localFunctionName } from './tools/function-arn.ts';
import { type InvokeFunction, lambdaFunctions } from './tools/invoke-function.ts';
import { localFunctions } from './tools/local-functions.ts';
import type { RegistrationDeps } from './tools/registration.ts';
import type { TargetRules } from './tools/target-url.ts';
import { dynamoToolStore, type ToolStore } from './tools/tool-store.ts';

type Tooling = Pick<ResolvedConfig, 'tools'>;

export const toolStore = (root: Live): ToolStore => dynamoToolStore(root.db, table(root, 'tools'));

export const findToolsOf = (root: Live): FindTools => rememberedTools(toolStore(root), root.now);

/** Which addresses are public is known by what the first that asks loads. */
async function targetRules({ env }: Live): Promise<TargetRules> {
  const { isLoopbackAddress, isPublicAddress } = await import('./tools/address-range.ts');
  const { allowsLoopback } = env.tools;
  const isAllowedAddress = (address: string): boolean =>
    isPublicAddress(address) || (allowsLoopback && isLoopbackAddress(address));
  return { allowsLoopback, isAllowedAddress };
}

const mayInvokeOf =
  ({ env }: Live, { tools }: Tooling) =>
  (arn: string): boolean =>
    tools.functions.includes(arn) || (env.tools.folder !== undefined && localFunctionName(arn) !== undefined);

function invokeFunctionOf({ env }: Live): InvokeFunction {
  const onLambda = lambdaFunctions(env.aws);
  return env.tools.folder === undefined ? onLambda : localFunctions(env.tools.folder, onLambda);
}

/** For routes that say `runsTools`. */
export const executeToolOf = (root: Live, config: Tooling): ExecuteTool =>
  createExecuteTool({
    schemas: createSchemaValidator(),
    callWebhook: createCallWebhook({
      resolve: (name) => lookup(name, { all: true }),
      rules: () => targetRules(root),
      pause: root.pause,
    }),
    invokeFunction: invokeFunctionOf(root),
    mayInvoke: mayInvokeOf(root, config),
    log: root.log,
    now: root.now,
  });

export type ToolsDeps = AdminDeps & RegistrationDeps & { readonly tools: ToolStore; readonly newSecret: () => string };

export const toolsDeps = (root: Live): ToolsDeps => ({
  ...adminGateway(root),
  tools: toolStore(root),
  newSecret: randomSecret,
  schemas: createSchemaValidator(),
  rules: () => targetRules(root),
  mayInvoke: mayInvokeOf(root, readCatalogue(root.env)),
});

export type ToolExecuteDeps = GatewayDeps & {
  readonly admission: Pick<Admission, 'admit'>;
  readonly findTools: FindTools;
  readonly executeTool: ExecuteTool;
  readonly newId: (prefix: string) => string;
};

export function toolExecuteDeps(root: Live): ToolExecuteDeps {
  const config = readCatalogue(root.env);
  return {
    ...projectGateway(root),
    admission: createAdmission(admissionDeps(root, config.sweep)),
    findTools: findToolsOf(root),
    executeTool: executeToolOf(root, config),
    newId: idsFrom(root.now),
  };
}

/** The composition root goes on: the gateway's tools. */
import type { Live } from './deps.ts';
import type { TableName } from './tables.ts';
import { type FindTools, rememberedTools } from './tools/find-tools.ts';
import { dynamoToolStore, type ToolStore } from './tools/tool-store.ts';

/** The name of a table, or a complaint that the function has not got it. */
type TableOf = (root: Live, name: TableName) => string;

export const toolStore = (root: Live, tableOf: TableOf): ToolStore => dynamoToolStore(root.db, tableOf(root, 'tools'));

export const findToolsOf = (root: Live, tableOf: TableOf): FindTools =>
  rememberedTools(toolStore(root, tableOf), root.now);

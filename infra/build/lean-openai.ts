/**
 * The `openai` package without its resources (`client.chat`, `client.files`, …),
 * three quarters of its code: the gateway sends by `client.post` alone.
 */
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const noResources = fileURLToPath(new URL('no-openai-resources.ts', import.meta.url));

export const leanOpenai: Plugin = {
  name: 'lean-openai',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/resources\// }, ({ importer }) =>
      /node_modules\/openai\/\w+\.mjs$/.test(importer) ? { path: noResources } : undefined,
    );
  },
};

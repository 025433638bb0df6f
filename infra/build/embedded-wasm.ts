/** tiktoken's WebAssembly as a part of the file that runs it: nothing is looked for on the disk of a function. */
import type { Plugin } from 'esbuild';

export const embeddedWasm: Plugin = {
  name: 'embedded-wasm',
  setup({ initialOptions, onLoad }) {
    initialOptions.loader = { ...initialOptions.loader, '.wasm': 'binary' };
    onLoad({ filter: /\/tiktoken-wasm\.ts$/ }, () => ({
      contents: "export { default as wasm } from 'tiktoken/lite/tiktoken_bg.wasm';",
      resolveDir: import.meta.dirname,
    }));
  },
};

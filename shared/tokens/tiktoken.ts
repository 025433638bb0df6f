/** tiktoken without any encoding, for `import()`: 1.4 MB that only who counts needs (infra/build/lazy-modules.ts). */
import { init, Tiktoken } from 'tiktoken/lite/init';
import { wasm } from './tiktoken-wasm.ts';

/** Node has it, and its types have it not. */
declare const WebAssembly: {
  readonly instantiate: (bytes: Uint8Array, imports: object) => ReturnType<Parameters<typeof init>[0]>;
};

export async function loadTiktoken(): Promise<typeof Tiktoken> {
  await init((imports) => WebAssembly.instantiate(wasm, imports));
  return Tiktoken;
}

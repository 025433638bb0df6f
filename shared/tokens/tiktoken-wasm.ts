/** tiktoken's code. The build puts a module in the place of this one that holds the bytes: infra/build/embedded-wasm.ts. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const wasm: Uint8Array = readFileSync(createRequire(import.meta.url).resolve('tiktoken/lite/tiktoken_bg.wasm'));

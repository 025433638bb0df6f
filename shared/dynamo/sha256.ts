/**
 * SHA-256 as the AWS SDK signs with it. The SDK's own makes a new key of the secret
 * for every request, which takes longer than the hashing; here a key that the SDK
 * keeps is made once: docs/adr/0021.
 */
import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';

type Data = string | ArrayBuffer | ArrayBufferView;

const bytesOf = (data: Data): Uint8Array | string => {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
};

/** A day's signing key is the same object for as long as the SDK keeps it. */
const madeKeys = new WeakMap<object, KeyObject>();

function keyOf(secret: Data): KeyObject | string {
  if (typeof secret === 'string') return secret;
  const made = madeKeys.get(secret);
  if (made) return made;
  const key = createSecretKey(bytesOf(secret) as Uint8Array);
  madeKeys.set(secret, key);
  return key;
}

export class Sha256 {
  readonly #secret: Data | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(secret?: Data) {
    this.#secret = secret;
    this.#hash = this.#start();
  }

  update(data: Data): void {
    this.#hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = this.#start();
  }

  #start() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(this.#secret));
  }
}

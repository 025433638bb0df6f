import type { House } from './house.ts';

/** A sentence about behaviour, and what proves it. */
export type Check = readonly [name: string, prove: (house: House) => Promise<void>];

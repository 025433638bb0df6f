/** Where something was found. */
import type { EntityKind } from './entity-kinds.ts';

/** Offsets are of UTF-16 units, as those of strings are. */
export type Span = { readonly start: number; readonly end: number };
export type Entity = Span & { readonly kind: EntityKind };

/** A check for texts that are kept as they are: no store takes half of a surrogate pair, as a cut through an emoji leaves it. */
import * as z from 'zod/mini';

export const wellFormed = z.refine<string>((text) => text.isWellFormed(), 'expected no half of a surrogate pair');

/** What a picture costs, as OpenAI has it: https://platform.openai.com/docs/guides/images-vision#calculating-costs */
import { familyName } from './encoding.ts';
import { type ImageSize, imageSizeOf } from './image-size.ts';

/** In squares of 512 pixels after it was made to fit, or in squares of 32 of which only so many are taken. */
type Pricing =
  | { readonly by: 'tiles'; readonly base: number; readonly tile: number }
  | { readonly by: 'patches'; readonly factor: number };

const tiles = (base: number, tile: number): Pricing => ({ by: 'tiles', base, tile });
const patches = (factor: number): Pricing => ({ by: 'patches', factor });

/** In this order. Models of others have ways of their own, and are taken for the last. */
const pricings: readonly { readonly models: RegExp; readonly pricing: Pricing }[] = [
  { models: /^(?:gpt-4\.1|gpt-5)-nano/, pricing: patches(2.46) },
  { models: /^(?:gpt-4\.1|gpt-5)-mini/, pricing: patches(1.62) },
  { models: /^o4-mini/, pricing: patches(1.72) },
  { models: /^gpt-5/, pricing: tiles(70, 140) },
  { models: /^gpt-4o-mini/, pricing: tiles(2_833, 5_667) },
  { models: /^o[13]/, pricing: tiles(75, 150) },
  { models: /^computer-use/, pricing: tiles(65, 129) },
];
const usualPricing = tiles(85, 170);

const mostPatches = 1_536;
const patch = 32;
const tile = 512;
const longestSide = 2_048;
const shortestSide = 768;
/** The most squares that a picture of any size comes to: 768 by 2,048. */
const mostTiles = Math.ceil(shortestSide / tile) * Math.ceil(longestSide / tile);

function tilesOf({ width, height }: ImageSize): number {
  const toFit = Math.min(1, longestSide / Math.max(width, height));
  const scale = toFit * Math.min(1, shortestSide / (Math.min(width, height) * toFit));
  return Math.ceil((width * scale) / tile) * Math.ceil((height * scale) / tile);
}

function patchesOf({ width, height }: ImageSize): number {
  const all = Math.ceil(width / patch) * Math.ceil(height / patch);
  if (all <= mostPatches) return all;
  const toFit = Math.sqrt((patch * patch * mostPatches) / (width * height));
  const across = (width * toFit) / patch;
  const down = (height * toFit) / patch;
  const scale = Math.min(Math.floor(across) / across, Math.floor(down) / down);
  return Math.min(mostPatches, Math.ceil(across * scale) * Math.ceil(down * scale));
}

/** The most that a picture may take where its size is not known, as behind an address. */
export function imageTokens(model: string, url: string, detail: unknown): number {
  const name = familyName(model);
  const pricing = pricings.find(({ models }) => models.test(name))?.pricing ?? usualPricing;
  const size = imageSizeOf(url);
  if (pricing.by === 'patches') return Math.ceil((size ? patchesOf(size) : mostPatches) * pricing.factor);
  if (detail === 'low') return pricing.base;
  return pricing.base + pricing.tile * (size ? tilesOf(size) : mostTiles);
}

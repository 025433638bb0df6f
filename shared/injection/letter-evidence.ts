/** What runs of three to five characters say of a text, as learnt from texts of both kinds (docs/adr/0050). */
import type { Tokens } from './tokens.ts';
import { encodedWeights, gain, highest, lowest } from './weights.ts';

/** Looked up once: it is called twelve times for each character. */
const { imul } = Math;

const multiplier = 0x9e3779b1 | 0;
const space = 32;
const zero = 48;

/** Calls back with the bucket of each run and the token that it ends in, or before. Digits are all the same, and so is white space. */
export function eachRun(text: string, tokens: Tokens, visit: (bucket: number, token: number) => void): void {
  let a = space;
  let b = space;
  let c = space;
  let d = space;
  let token = 0;
  for (let at = 0; at < text.length; at += 1) {
    let code = text.charCodeAt(at);
    if (code <= space || code === 0xa0) code = space;
    else if (code >= zero && code <= 57) code = zero;
    // Repeated spaces and rules of dashes say nothing.
    if (code === d && (code === space || code === c)) continue;
    while (token + 1 < tokens.count && at >= (tokens.ends[token] ?? 0)) token += 1;
    const three = mix(mix(mix(0x51, c), d), code);
    const four = mix(mix(mix(mix(0xa7, b), c), d), code);
    const five = mix(mix(mix(mix(mix(0x3d, a), b), c), d), code);
    visit(three >>> 17, token);
    visit(four >>> 17, token);
    visit(five >>> 17, token);
    a = b;
    b = c;
    c = d;
    d = code;
  }
}

const mix = (hash: number, code: number): number => {
  const mixed = imul(hash ^ code, multiplier);
  return mixed ^ (mixed >>> 15);
};

const weights = new Int8Array(Buffer.from(encodedWeights, 'base64'));

/** Fewer runs than this are a phrase, of which letters say too little. */
const fewestRuns = 120;

/** What the letters of tokens from `first` to before `end` say, as a logit. */
export function wordingOf(text: string, tokens: Tokens): (first: number, end: number) => number {
  const sums = new Float64Array(tokens.count + 1);
  const counts = new Int32Array(tokens.count + 1);
  if (tokens.count > 0)
    eachRun(text, tokens, (bucket, token) => {
      sums[token + 1] = (sums[token + 1] ?? 0) + (weights[bucket] ?? 0);
      counts[token + 1] = (counts[token + 1] ?? 0) + 1;
    });
  for (let token = 1; token <= tokens.count; token += 1) {
    sums[token] = (sums[token] ?? 0) + (sums[token - 1] ?? 0);
    counts[token] = (counts[token] ?? 0) + (counts[token - 1] ?? 0);
  }
  return (first, end) => {
    const runs = Math.max(fewestRuns, (counts[end] ?? 0) - (counts[first] ?? 0));
    const said = (gain * ((sums[end] ?? 0) - (sums[first] ?? 0))) / Math.sqrt(runs);
    return Math.min(highest, Math.max(lowest, said));
  };
}

/**
 * What finds injections and takes them out, for `import()` (infra/build/lazy-modules.ts): rules and weights are a
 * sixth of a cold start, and only a call that is looked at needs them.
 */
export { detectInjection } from './detector.ts';
export { sanitizeInjection } from './sanitize.ts';

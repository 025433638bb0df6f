/** The tokens of cl100k_base, for `import()`: 1.1 MB that only who counts needs (infra/build/lazy-modules.ts). */
import ranks from 'tiktoken/encoders/cl100k_base.json' with { type: 'json' };

export { ranks };

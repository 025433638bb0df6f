/** The tokens of o200k_base, for `import()`: 2.3 MB that only who counts needs (infra/build/lazy-modules.ts). */
import ranks from 'tiktoken/encoders/o200k_base.json' with { type: 'json' };

export { ranks };

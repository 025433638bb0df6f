export const testEnvironment = 'node';
export const roots = ['<rootDir>/test'];
export const testMatch = ['**/*.test.ts'];
export const extensionsToTreatAsEsm = ['.ts'];
export const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: { target: 'es2024', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
};
// Tests that lean on each other's order are found out early.
export const randomize = true;
export const setupFiles = ['<rootDir>/test/support/setup.ts'];
export const setupFilesAfterEnv = ['<rootDir>/test/support/clean-up.ts'];
export const testTimeout = 60_000;
// One process for all of them grows with each file, and waits for children of its own most of the time.
export const maxWorkers = 2;
export const workerIdleMemoryLimit = '2GB';

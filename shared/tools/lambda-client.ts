/** What is used of the Lambda client, for `import()`: of the package esbuild would keep everything (infra/build/lazy-modules.ts). */
export { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

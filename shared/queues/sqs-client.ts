/** What is used of the SQS client, for `import()`: of the package esbuild would keep everything (infra/build/lazy-modules.ts). */
export { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

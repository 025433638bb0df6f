/** What is used of the S3 client, for `import()`: of the package esbuild would keep everything (infra/build/lazy-modules.ts). */
export { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

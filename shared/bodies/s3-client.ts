/** What is used of the S3 client, for `import()`: of the package esbuild would keep everything (infra/build/lazy-modules.ts). */
export {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
export { SignatureV4 } from '@smithy/signature-v4';

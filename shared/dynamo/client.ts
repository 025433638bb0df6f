/**
 * The DynamoDB client, lean: credentials come from the environment, where Lambda
 * puts them, rather than through the SDK's chain of seven providers.
 */
import { DynamoDBClient, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AwsEnvironment } from '../environment.ts';
import { Sha256 } from './sha256.ts';

/**
 * A store that does not answer within these is down; the SDK tries three times in all. A refused connection is known at
 * once; shorter limits would take a busy event loop for a dead store.
 */
const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 5_000;

/** `maxAttempts` of 1 is for writes that must not be applied twice: a repeated one may be, when only its answer was lost. */
export function documentClient(
  { region, credentials, dynamodbEndpoint }: AwsEnvironment,
  { maxAttempts = 3 }: { readonly maxAttempts?: number } = {},
): DynamoDBDocumentClient {
  const client = new DynamoDBClient({
    region,
    credentials,
    maxAttempts,
    ...(dynamodbEndpoint && { endpoint: dynamodbEndpoint }),
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    sha256: Sha256,
  });
  // It describes every call for a logger, whether or not there is one.
  client.middlewareStack.remove('loggerMiddleware');
  client.middlewareStack.add(tryAgainAfterTransactions, { step: 'deserialize', priority: 'high' });
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

/**
 * A write that meets a transaction on its item is refused without effect, and goes
 * through a moment later. The SDK does not count that among what may be tried again.
 */
const tryAgainAfterTransactions =
  <Args, Result>(next: (args: Args) => Promise<Result>) =>
  (args: Args): Promise<Result> =>
    next(args).catch((error: unknown) => {
      throw error instanceof TransactionConflictException ? Object.assign(error, { $retryable: {} }) : error;
    });

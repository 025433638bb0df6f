/**
 * The DynamoDB client, lean: credentials come from the environment, where Lambda
 * puts them, rather than through the SDK's chain of seven providers.
 */
import { DynamoDBClient, type DynamoDBClientConfig, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AwsEnvironment } from '../environment.ts';
import { Sha256 } from './sha256.ts';

/**
 * A store that does not answer within these is down; the SDK tries three times in all. A refused connection is known at
 * once; shorter limits would take a busy event loop for a dead store.
 */
const connectionTimeoutMs = 2_000;
const requestTimeoutMs = 5_000;

export const documentClient = (aws: AwsEnvironment): DynamoDBDocumentClient => client(aws, {});

/**
 * For writes that must not be applied twice: a repeated one may be, when only its
 * answer was lost. Over the connections of `beside`, so that an instance opens
 * no second one for it.
 */
export const sendingOnce = (aws: AwsEnvironment, beside: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  client(aws, { maxAttempts: 1, requestHandler: beside.config.requestHandler });

function client(
  { region, credentials, dynamodbEndpoint }: AwsEnvironment,
  own: Pick<DynamoDBClientConfig, 'maxAttempts' | 'requestHandler'>,
): DynamoDBDocumentClient {
  const dynamo = new DynamoDBClient({
    region,
    credentials,
    maxAttempts: 3,
    ...(dynamodbEndpoint && { endpoint: dynamodbEndpoint }),
    requestHandler: {
      connectionTimeout: connectionTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    sha256: Sha256,
    ...own,
  });
  // It describes every call for a logger, whether or not there is one.
  dynamo.middlewareStack.remove('loggerMiddleware');
  dynamo.middlewareStack.add(tryAgainAfterTransactions, { step: 'deserialize', priority: 'high' });
  return DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } });
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

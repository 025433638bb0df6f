/** What the client does again, and what it does not. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient, sendingOnce } from '../../../shared/dynamo/client.ts';

/** A database that refuses the first requests as DynamoDB does, and counts them all. */
async function refusing(error: string, times: number) {
  let requests = 0;
  const server = createServer((request, response) => {
    request.resume();
    requests++;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    const refused = requests <= times;
    response.statusCode = refused ? 400 : 200;
    response.end(JSON.stringify(refused ? { __type: `com.amazonaws.dynamodb.v20120810#${error}` } : {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const get = async (sends: 'again' | 'once') => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const environment = { region: 'us-east-1', credentials, dynamodbEndpoint: `http://127.0.0.1:${port}` };
    const beside = documentClient(environment);
    const db = sends === 'once' ? sendingOnce(environment, beside) : beside;
    const read = db.send(new GetCommand({ TableName: 'table', Key: { id: 'a' } }));
    const outcome = await read.then(
      () => 'answered',
      (thrown: Error) => thrown.name,
    );
    db.destroy();
    server.close();
    return [outcome, requests];
  };
  return get;
}

test.each<[string, number, 'again' | 'once', [outcome: string, requests: number]]>([
  ['TransactionConflictException', 2, 'again', ['answered', 3]],
  ['TransactionConflictException', 9, 'again', ['TransactionConflictException', 3]],
  ['TransactionConflictException', 1, 'once', ['TransactionConflictException', 1]],
  ['ConditionalCheckFailedException', 1, 'again', ['ConditionalCheckFailedException', 1]],
])('%s, %i times, sending %s: %j', async (error, times, sends, expected) => {
  const get = await refusing(error, times);
  expect(await get(sends)).toEqual(expected);
});

/** A client of the database whose calls are noted, and fail where they are to. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export type Command = {
  readonly constructor: { readonly name: string };
  readonly input: { readonly TableName?: string; readonly Item?: { readonly state?: string } };
};

export const watched = (db: DynamoDBDocumentClient, see: (command: Command) => void): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: Command) => {
        see(command);
        return target.send(command as never);
      };
    },
  });

export const ofTable = (name: string, { input }: Command): boolean => input.TableName?.endsWith(`-${name}`) ?? false;

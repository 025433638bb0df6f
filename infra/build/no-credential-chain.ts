/** Stands in for the AWS SDK's default chain of credential providers, which weighs more than the clients themselves. */
export const defaultProvider = () => async (): Promise<never> => {
  throw new Error('Hand credentials to the client: the bundles hold no default chain. See shared/dynamo/client.ts.');
};

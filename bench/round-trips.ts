/** What a request asks of DynamoDB: by kind, in order, in capacity units and in dollars. */
import type { Step } from './metered-database.ts';

export const provider = 'provider';

/**
 * `plain` has nothing that `healthy` has besides; both are warm, and the instance has looked at the circuits within the last
 * second. `look`: a second has passed. `chosen`: what its caller has asked for in a header.
 */
export type Circumstance = 'cold' | 'plain' | 'healthy' | 'look' | 'chosen' | 'failing';

export type RoundTrips = {
  readonly when: string;
  readonly circumstance: Circumstance;
  /** Calls of DynamoDB, and `provider` for each call to one. */
  readonly steps: readonly Step[];
};

/** Calls of DynamoDB that are on their way together, or one call of a provider. */
export function roundsOf({ steps }: RoundTrips): readonly (readonly Step[])[] {
  const rounds: Step[][] = [];
  for (const step of steps) {
    const round = rounds.at(-1);
    const isBeside = ({ name, endedAtMs }: Step) =>
      name !== provider && step.name !== provider && step.startedAtMs < endedAtMs;
    if (round?.every(isBeside)) round.push(step);
    else rounds.push([step]);
  }
  return rounds;
}

/** Of DynamoDB, before a provider is asked. */
export function roundsBefore(trips: RoundTrips): readonly (readonly Step[])[] {
  const rounds = roundsOf(trips);
  return rounds.slice(
    0,
    Math.max(
      0,
      rounds.findIndex(([step]) => step?.name === provider),
    ),
  );
}

export const callsOf = ({ steps }: RoundTrips): number => steps.filter(({ name }) => name !== provider).length;

export const unitsOf = ({ steps }: RoundTrips) => ({
  read: steps.reduce((sum, { readUnits }) => sum + readUnits, 0),
  write: steps.reduce((sum, { writeUnits }) => sum + writeUnits, 0),
});

/** On demand, us-east-1, in dollars a million units. https://aws.amazon.com/dynamodb/pricing/on-demand/ */
export const listPrices = { read: 0.125, write: 0.625 };

export const dollarsPerMillion = (trips: RoundTrips): number => {
  const { read, write } = unitsOf(trips);
  return read * listPrices.read + write * listPrices.write;
};

import fc from 'fast-check';
import { demandOf } from '../../../shared/admission/demand.ts';
import { boundMicroUsd } from '../../../shared/catalogue/bound.ts';
import type { PricedTarget, ServedModel } from '../../../shared/catalogue/catalogue.ts';
import type { ModelRequest } from '../../../shared/inference/attempts.ts';
import { withinDollars } from '../../../shared/runs/within-dollars.ts';

const target = (input: number, output: number): PricedTarget => ({
  provider: 'p',
  model: 'm',
  price: { input: input * 1_000_000, output: output * 1_000_000 },
});
const served = (...targets: [PricedTarget, ...PricedTarget[]]): ServedModel => ({ name: 'm', label: 'm', targets });
/** A micro-dollar a token of output, and nothing for the input: what is left is a count of tokens. */
const byOutput = served(target(0, 1));

const chat = (more: object = {}): ModelRequest => ({
  kind: 'completions',
  endpoint: '/chat/completions',
  body: { model: 'm', messages: [], ...more },
  streamed: false,
});

test('a step that its dollars afford is asked as it is', () => {
  const request = chat({ max_tokens: 100 });
  expect(withinDollars(request, 10, byOutput, 100)).toBe(request);
});

test('one that they do not afford is asked for as much output as they do, in all else the same', () => {
  const request = chat({ max_tokens: 100, temperature: 0 });
  expect(withinDollars(request, 10, byOutput, 99)).toEqual({
    ...request,
    body: { ...request.body, max_tokens: 99 },
  });
});

test('one that states no maximum gets one', () => {
  expect(withinDollars(chat(), 10, byOutput, 99)?.body).toMatchObject({ model: 'm', max_completion_tokens: 99 });
});

test('in responses it is the maximum of responses', () => {
  const request: ModelRequest = {
    kind: 'responses',
    endpoint: '/responses',
    body: { model: 'm', input: 'q' },
    streamed: true,
  };
  expect(withinDollars(request, 10, byOutput, 99)).toEqual({
    ...request,
    body: { ...request.body, max_output_tokens: 99 },
  });
});

test('less than sixteen tokens are no answer: it is not asked', () => {
  expect(withinDollars(chat(), 10, byOutput, 16)?.body).toMatchObject({ max_completion_tokens: 16 });
  expect(withinDollars(chat(), 10, byOutput, 15)).toBeNull();
});

test('nor is it where the input alone costs more', () => {
  expect(withinDollars(chat(), 1_000, served(target(1, 0)), 500)).toBeNull();
});

test('all choices are paid for, and what is predicted', () => {
  expect(withinDollars(chat({ n: 3, max_tokens: 100 }), 10, byOutput, 100)?.body).toMatchObject({ max_tokens: 33 });
  const prediction = { type: 'content', content: 'x' };
  const predicted = JSON.stringify(prediction).length;
  const body = withinDollars(chat({ n: 2, max_tokens: 100, prediction }), 10, byOutput, 100)?.body;
  expect(body).toMatchObject({ max_tokens: Math.floor((100 - predicted) / 2) });
});

test('the dearest of the providers that may be asked is what it must afford', () => {
  expect(withinDollars(chat(), 10, served(target(0, 1), target(0, 4), target(0, 2)), 100)?.body).toMatchObject({
    max_completion_tokens: 25,
  });
});

test('what has no output is asked as it is, or not at all', () => {
  const request: ModelRequest = {
    kind: 'embeddings',
    endpoint: '/embeddings',
    body: { model: 'm', input: 'x' },
    streamed: false,
  };
  expect(withinDollars(request, 100, served(target(1, 0)), 100)).toBe(request);
  expect(withinDollars(request, 100, served(target(1, 0)), 99)).toBeNull();
});

test('whatever is asked costs no more than is left, and never asks for more than was wished (I2)', () => {
  const amounts = fc.record({
    left: fc.nat(5_000),
    bytes: fc.nat(2_000),
    max: fc.integer({ min: 1, max: 5_000 }),
    choices: fc.integer({ min: 1, max: 4 }),
    input: fc.nat(3),
    output: fc.nat(3),
  });
  fc.assert(
    fc.property(amounts, ({ left, bytes, max, choices, input, output }) => {
      const model = served(target(input, output));
      const asked = withinDollars(chat({ max_tokens: max, n: choices }), bytes, model, left);
      if (!asked) return;
      const demand = demandOf(asked.kind, asked.body, bytes, model);
      const tokens = Number(asked.body['max_tokens']);
      expect(tokens).toBeLessThanOrEqual(max);
      const prices = model.targets.map(({ price }) => price);
      expect(boundMicroUsd(demand.inputTokens, tokens * choices, prices)).toBeLessThanOrEqual(left);
    }),
  );
});

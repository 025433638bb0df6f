import * as z from 'zod/mini';
import { fittingProvider } from '../../../shared/providers/fitting-provider.ts';
import { fitted, type Parameters, parametersSchema } from '../../../shared/providers/parameters.ts';
import type { Provider, UpstreamRequest } from '../../../shared/providers/provider.ts';
import { asking } from './asking.ts';

const without = (...unsupported: string[]): Parameters => ({ unsupported, otherwise: 'drop' });
const only = (...supported: string[]): Parameters => ({ supported, otherwise: 'drop' });
const chat = { model: 'm', messages: [], stream: true };

describe('what a provider does not know', () => {
  test('is left out, and all else stays as it is', () => {
    const body = { ...chat, temperature: 0, logit_bias: {}, seed: null, tools: [] };
    expect(fitted(body, without('logit_bias', 'seed'))).toEqual({
      body: { ...chat, temperature: 0, tools: [] },
      dropped: ['logit_bias', 'seed'],
    });
    expect(fitted(body, only('temperature', 'max_tokens'))).toEqual({
      body: { ...chat, temperature: 0 },
      dropped: ['logit_bias', 'seed', 'tools'],
    });
  });

  test('is refused by its name, where that is wanted', () => {
    const parameters = { ...without('seed', 'stream_options'), otherwise: 'refuse' as const };
    expect(() => fitted({ ...chat, stream_options: {}, seed: 1 }, parameters)).toThrow(
      expect.objectContaining({ why: 'invalid_request', param: 'seed' }),
    );
  });

  test('is no reason to refuse what the gateway has added by itself', () => {
    const parameters = { ...without('stream_options'), otherwise: 'refuse' as const };
    expect(fitted({ ...chat, stream_options: { include_usage: true } }, parameters)).toEqual({
      body: chat,
      dropped: ['stream_options'],
    });
  });

  test('changes nothing of a request that has none of it', () => {
    const body = { ...chat, max_tokens: 5 };
    expect(fitted(body, without('seed')).body).toBe(body);
  });
});

describe('the maximum of output (I2)', () => {
  test.each<[string, Record<string, unknown>, Parameters, Record<string, unknown>]>([
    ['under its old name', { max_completion_tokens: 7 }, without('max_completion_tokens'), { max_tokens: 7 }],
    ['under its new name', { max_tokens: 7 }, without('max_tokens'), { max_completion_tokens: 7 }],
    ['under the name that a list has', { max_completion_tokens: 7 }, only('max_tokens'), { max_tokens: 7 }],
    ['as it is, where it is known', { max_tokens: 7 }, without('seed'), { max_tokens: 7 }],
    [
      'once, and the lesser, where there are two',
      { max_tokens: 9, max_completion_tokens: 7 },
      without('max_completion_tokens'),
      { max_tokens: 7 },
    ],
    ['not made up', {}, without('max_tokens'), {}],
    [
      'not taken for one when it is null',
      { max_tokens: null, max_completion_tokens: 7 },
      without('max_tokens'),
      { max_completion_tokens: 7 },
    ],
  ])('is sent %s', (_, stated, parameters, expected) => {
    expect(fitted({ ...chat, ...stated }, parameters)).toEqual({ body: { ...chat, ...expected }, dropped: [] });
  });
});

describe('settings that would unmake a request are refused', () => {
  const accepted = (value: unknown): boolean => z.safeParse(parametersSchema, value).success;

  test.each(['model', 'messages', 'input', 'stream'])('without %s', (name) => {
    expect(accepted(without('seed', name))).toBe(false);
  });

  test.each<[string, unknown]>([
    ['without any maximum', without('max_tokens', 'max_completion_tokens')],
    ['with a list that has no maximum', only('temperature')],
    ['with both lists', { ...without('seed'), supported: ['max_tokens'] }],
    ['with no list', { otherwise: 'drop' }],
    ['that do not say what is done otherwise', { unsupported: ['seed'] }],
    ['with what is no name', without('se ed')],
  ])('%s', (_, value) => {
    expect(accepted(value)).toBe(false);
  });

  test('and others are not', () => {
    expect(accepted(without('seed', 'max_tokens'))).toBe(true);
    expect(accepted({ ...only('max_completion_tokens'), otherwise: 'refuse' })).toBe(true);
  });
});

describe('the header that names what was dropped', () => {
  const echo: Provider = {
    whole: async ({ body }: UpstreamRequest) => ({ text: JSON.stringify(body), headers: { 'openai-version': '1' } }),
    stream: async () => ({ chunks: (async function* () {})(), headers: {}, cancel: () => {} }),
  };

  test('holds no character that could end it, and is not longer than a header may be', async () => {
    const hostile = { 'a\r\nset-cookie: b': 1, 'ü\ud800': 1, [`x${'y'.repeat(5_000)}`]: 1 };
    const { headers } = await fittingProvider(echo, only('max_tokens')).whole(asking(hostile));
    const value = headers['x-sluice-dropped-parameters'] ?? '';
    expect(value).toMatch(/^a%0D%0Aset-cookie%3A%20b, %C3%BC%EF%BF%BD, xy+$/);
    expect(value.length).toBe(1_000);
    expect(headers['openai-version']).toBe('1');
  });

  test('is absent where nothing was', async () => {
    const { headers } = await fittingProvider(echo, without('seed')).stream(asking());
    expect(headers).toEqual({});
  });
});

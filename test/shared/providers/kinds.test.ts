/** What `sluice.json` may say of a provider. */
import * as z from 'zod/mini';
import { hasResponses, providerSettingsSchema } from '../../../shared/providers/kinds.ts';

const openai = { kind: 'openai', baseURL: 'https://api.openai.com/v1' };
const azure = { kind: 'azure', endpoint: 'https://r.openai.azure.com', apiVersion: '2024-10-21', apiKeyEnv: 'KEY' };
const bedrock = { kind: 'bedrock', region: 'us-east-1' };
const vertex = { kind: 'vertex', project: 'p', location: 'global', apiKeyEnv: 'KEY' };

const accepted = (value: unknown): boolean => z.safeParse(providerSettingsSchema, value).success;

test.each<[string, object]>([
  ['OpenAI', { ...openai, organization: 'org-1', weight: 3, timeouts: { idleMs: 5 } }],
  ['Azure', { ...azure, apiVersion: '2025-01-01-preview' }],
  ['Bedrock', { ...bedrock, endpoint: 'mantle', baseURL: 'https://vpce-1.example.com/openai/v1' }],
  ['Vertex', { ...vertex, project: 'example.com:p', location: 'europe-west1' }],
  ['the demo', { kind: 'demo' }],
])('%s is configured', (_, value) => {
  expect(accepted(value)).toBe(true);
});

test.each<[string, object]>([
  ['a kind that there is not', { kind: 'cohere' }],
  ['a kind with the settings of another', { ...bedrock, apiKeyEnv: 'KEY' }],
  ['a weight of nothing', { ...openai, weight: 0 }],
  ['half a weight', { ...openai, weight: 1.5 }],
  ['an organization that would be a header of its own', { ...openai, organization: 'org\r\nx: y' }],
  ['Azure without a key', { ...azure, apiKeyEnv: undefined }],
  ['Azure with a version that is none', { ...azure, apiVersion: '2024-10-21&x=y' }],
  ['a region that would be another host', { ...bedrock, region: 'evil.example.com/us-east-1' }],
  ['a location that would be another host', { ...vertex, location: 'evil.example.com/' }],
  ['a project that would be another path', { ...vertex, project: '../p' }],
  ['an address that is none', { ...azure, endpoint: 'file:///etc/passwd' }],
])('%s is refused', (_, value) => {
  expect(accepted(value)).toBe(false);
});

test.each<[boolean, string, object]>([
  [true, 'OpenAI', openai],
  [true, 'OpenAI in a region', { ...openai, baseURL: 'https://eu.api.openai.com/v1' }],
  [false, 'OpenAI, told otherwise', { ...openai, responses: 'translated' }],
  [false, 'who only looks like OpenAI', { ...openai, baseURL: 'https://api.openai.com.example.com/v1' }],
  [false, 'another speaker of its protocol', { ...openai, baseURL: 'https://api.example.com/v1' }],
  [true, 'another, told otherwise', { ...openai, baseURL: 'https://api.example.com/v1', responses: 'native' }],
  [false, 'Azure', azure],
  [true, 'Azure, told otherwise', { ...azure, responses: 'native' }],
  [false, 'Bedrock', bedrock],
  [false, 'Vertex', vertex],
  [false, 'the demo', { kind: 'demo' }],
])('that responses are asked for as such is %s of %s', (expected, _, value) => {
  expect(hasResponses(z.parse(providerSettingsSchema, value))).toBe(expected);
});

test.each([
  'authorization',
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'connection',
  'cookie',
  'api-key',
  'x-api-key',
  'openai-organization',
  'proxy-authorization',
  'x-amz-security-token',
  'x-forwarded-for',
  'x-goog-api-key',
])('no provider is given another %s', (name) => {
  expect(accepted({ ...openai, headers: { [name]: 'x' } })).toBe(false);
});

test.each<[string, Record<string, string>]>([
  ['a name in upper case', { Authorization: 'x' }],
  ['a name with a line break', { 'x-a\r\nhost': 'x' }],
  ['a name that is no token', { 'x a': 'x' }],
  ['a value with a line break', { 'x-a': 'x\r\nhost: y' }],
  ['an empty value', { 'x-a': '' }],
  ['a value that is too long', { 'x-a': 'x'.repeat(513) }],
  ['a value that is not ASCII', { 'x-a': 'ü' }],
])('no provider is given a header with %s', (_, headers) => {
  expect(accepted({ ...openai, headers })).toBe(false);
});

test('other headers are given to it', () => {
  expect(accepted({ ...vertex, headers: { 'x-goog-user-project': 'billed', 'user-agent': 'sluice' } })).toBe(true);
});

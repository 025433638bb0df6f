/** Every kind of provider that is asked over the network: how it is configured, and how it must say who is asking. */
import { generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderKind, ProviderSettings } from '../../../../shared/providers/kinds.ts';
import { type Asked, done } from '../../../support/scripted-provider.ts';
import { awsCredentials, expectSignature } from './signature.ts';

export const secret = 'a secret of the provider';
const serviceAccount = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyFile = JSON.stringify({
  type: 'service_account',
  client_email: 'gateway@p.iam.gserviceaccount.com',
  private_key_id: 'key-1',
  private_key: serviceAccount.privateKey.export({ type: 'pkcs8', format: 'pem' }),
});

/** 2026-11-22T10:00:00Z. */
export const nowMs = 1_795_341_600_000;

export const context = {
  credentials: async (variable: string): Promise<string | undefined> => (variable === 'KEY_FILE' ? keyFile : secret),
  awsCredentials,
  now: () => nowMs,
  newId: (prefix: string) => `${prefix}1`,
};

export type Contract = {
  readonly settings: (origin: string) => ProviderSettings;
  /** The target's model. */
  readonly model: string;
  /** What goes into the body for it. */
  readonly sentModel: string;
  readonly path: string;
  readonly authHeaders: readonly string[];
  readonly expectAuthenticated: (asked: Asked, origin: string) => void;
  /** What it does not serve. */
  readonly without: readonly ('/embeddings' | '/moderations')[];
};

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

export const contracts: Readonly<Record<Exclude<ProviderKind, 'demo'>, Contract>> = {
  openai: {
    settings: (origin) => ({ kind: 'openai', baseURL: `${origin}/v1`, apiKeyEnv: 'KEY', organization: 'org-1' }),
    model: 'gpt-4o',
    sentModel: 'gpt-4o',
    path: '/v1/chat/completions',
    authHeaders: ['authorization', 'openai-organization'],
    expectAuthenticated: ({ headers }) => {
      expect(headers.authorization).toBe(`Bearer ${secret}`);
      expect(headers['openai-organization']).toBe('org-1');
    },
    without: [],
  },
  azure: {
    settings: (origin) => ({ kind: 'azure', endpoint: `${origin}/`, apiVersion: '2024-10-21', apiKeyEnv: 'KEY' }),
    model: 'our-gpt-4o',
    sentModel: 'our-gpt-4o',
    path: '/openai/deployments/our-gpt-4o/chat/completions?api-version=2024-10-21',
    authHeaders: ['api-key'],
    expectAuthenticated: ({ headers }) => {
      expect(headers['api-key']).toBe(secret);
      expect(headers.authorization).toBeUndefined();
    },
    without: ['/moderations'],
  },
  bedrock: {
    settings: (origin) => ({ kind: 'bedrock', region: 'eu-central-1', baseURL: `${origin}/openai/v1` }),
    model: 'openai.gpt-oss-120b-1:0',
    sentModel: 'openai.gpt-oss-120b-1:0',
    path: '/openai/v1/chat/completions',
    authHeaders: ['authorization', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256'],
    expectAuthenticated: (asked) => expectSignature(asked, { region: 'eu-central-1', service: 'bedrock' }),
    without: ['/embeddings', '/moderations'],
  },
  vertex: {
    settings: (origin) => ({
      kind: 'vertex',
      project: 'p',
      location: 'us-central1',
      apiKeyEnv: 'KEY_FILE',
      baseURL: `${origin}/v1/projects/p/locations/us-central1/endpoints/openapi`,
    }),
    model: 'gemini-2.5-flash',
    sentModel: 'google/gemini-2.5-flash',
    path: '/v1/projects/p/locations/us-central1/endpoints/openapi/chat/completions',
    authHeaders: ['authorization'],
    expectAuthenticated: ({ headers }) => {
      const token = headers.authorization?.replace('Bearer ', '') ?? '';
      const [header = '', claims = '', signature = ''] = token.split('.');
      const signed = Buffer.from(`${header}.${claims}`);
      expect(verify('RSA-SHA256', signed, serviceAccount.publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
      expect(claimsOf(token)).toEqual({
        iss: 'gateway@p.iam.gserviceaccount.com',
        sub: 'gateway@p.iam.gserviceaccount.com',
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        iat: nowMs / 1000,
        exp: nowMs / 1000 + 3_600,
      });
    },
    without: ['/embeddings', '/moderations'],
  },
};

type Recorded = {
  readonly whole: { readonly choices: readonly unknown[]; readonly usage: unknown };
  readonly errors: Readonly<Record<'400' | '401' | '403' | '429' | '500', unknown>>;
};

const folder = join(import.meta.dirname, 'recorded');

/** Answers in the shape in which this kind's provider gives them. */
export const recorded = (kind: string): Recorded => JSON.parse(readFileSync(join(folder, `${kind}.json`), 'utf8'));

export const recordedStream = (kind: string): string[] => [
  ...readFileSync(join(folder, `${kind}.stream.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => `data: ${line}\n\n`),
  done,
];

/** The variables that `npm start` understands. */
import * as z from 'zod/mini';

export class SettingsError extends Error {}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;

const settingsSchema = z.object({
  PORT: z._default(z.string().check(z.refine(isPort, 'must be a port, such as 8787')), '8787'),
  HOST: z._default(z.string().check(z.minLength(1, 'must be an address, such as 127.0.0.1')), '127.0.0.1'),
  SLUICE_CONFIG: z._default(z.string(), 'sluice.json'),
  SLUICE_DATA: z._default(z.string().check(z.minLength(1, 'must be a folder, or memory')), '.sluice'),
  SLUICE_ADMIN_KEY: z.optional(z.string().check(z.minLength(32, 'must have at least 32 characters'))),
  DYNAMODB_ENDPOINT: z.optional(z.url('must be a URL, such as http://127.0.0.1:8000')),
  OPENAI_BASE_URL: z.optional(z.url('must be a URL, such as https://api.openai.com/v1')),
});

export type Settings = {
  readonly port: number;
  readonly host: string;
  readonly configFile: string;
  /** Null: keep nothing. */
  readonly dataFolder: string | null;
  readonly adminKey: string | undefined;
  readonly dynamodbEndpoint: string | undefined;
  readonly openaiBaseURL: string | undefined;
};

export function readSettings(variables: NodeJS.ProcessEnv): Settings {
  // An empty variable is one that a shell script has not filled in.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (!parsed.success) {
    throw new SettingsError(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`).join('\n'));
  }
  const { PORT, HOST, SLUICE_CONFIG, SLUICE_DATA, SLUICE_ADMIN_KEY, DYNAMODB_ENDPOINT, OPENAI_BASE_URL } = parsed.data;
  return {
    port: Number(PORT),
    host: HOST,
    configFile: SLUICE_CONFIG,
    dataFolder: SLUICE_DATA === 'memory' ? null : SLUICE_DATA,
    adminKey: SLUICE_ADMIN_KEY,
    dynamodbEndpoint: DYNAMODB_ENDPOINT,
    openaiBaseURL: OPENAI_BASE_URL,
  };
}

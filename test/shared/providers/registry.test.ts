import { createProviders, type ProviderContext } from '../../../shared/providers/registry.ts';

const context: ProviderContext = {
  credentials: async () => undefined,
  awsCredentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' },
  now: () => Date.parse('2026-11-22T10:00:00Z'),
  newId: (prefix) => `${prefix}1`,
};

describe('providers', () => {
  test('are made once each, when they are first asked for', () => {
    const providers = createProviders({ demo: { kind: 'demo' }, other: { kind: 'demo' } }, context);
    expect(providers('demo')).toBe(providers('demo'));
    expect(providers('demo')).not.toBe(providers('other'));
  });

  test('that the configuration does not have are an error of ours', () => {
    expect(() => createProviders({}, context)('demo')).toThrow('No provider is called demo');
  });
});

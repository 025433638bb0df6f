import { scopeAllows } from '../../../shared/keys/scopes.ts';

test.each<[readonly string[], string, boolean]>([
  [[], 'api.model.request', true],
  [[], 'api.management.write', true],
  [['api.model.request'], 'api.model.request', true],
  [['api.model.request'], 'api.model.read', false],
  [['api.model.read'], 'api.model.request', false],
  [['api.all.read'], 'api.model.read', true],
  [['api.all.read'], 'api.model.request', false],
  [['api.all.read'], 'api.management.write', false],
  [['api.all.read', 'api.model.request'], 'api.model.request', true],
  [['api.model'], 'api.model.read', false],
  [['api.model.read.more'], 'api.model.read', false],
])('%j asked for %s: %s', (granted, required, allowed) => {
  expect(scopeAllows(granted, required)).toBe(allowed);
});

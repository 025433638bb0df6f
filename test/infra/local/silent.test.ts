import { SettingsError } from '../../../infra/local/settings.ts';
import { isSilent } from '../../../infra/local/silent.ts';

test.each<[boolean, readonly string[], NodeJS.ProcessEnv]>([
  [false, [], {}],
  [true, ['--silent'], {}],
  [true, [], { npm_config_loglevel: 'silent' }],
  [false, [], { npm_config_loglevel: 'notice' }],
  [true, [], { SLUICE_SILENT: '1' }],
  [true, [], { SLUICE_SILENT: 'true' }],
  [false, [], { SLUICE_SILENT: '0' }],
  [false, [], { SLUICE_SILENT: '' }],
])('silent is %s with the arguments %j and %j', (expected, args, variables) => {
  expect(isSilent(args, variables)).toBe(expected);
});

test.each<[readonly string[], NodeJS.ProcessEnv, RegExp]>([
  [['--silnt'], {}, /^npm start -- --silent /],
  [['silent'], {}, /^npm start -- --silent /],
  [[], { SLUICE_SILENT: 'please' }, /^SLUICE_SILENT must be 1 or 0/],
])('%j and %j are refused with the remedy', (args, variables, message) => {
  expect(() => isSilent(args, variables)).toThrow(SettingsError);
  expect(() => isSilent(args, variables)).toThrow(message);
});

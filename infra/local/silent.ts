/** May `npm start` print a line for each request? */
import { parseArgs } from 'node:util';
import { SettingsError } from './settings.ts';

const usage = 'npm start -- --silent prints no line for each request. There are no other arguments.';

function silentArgument(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { silent: { type: 'boolean' } } }).values.silent ?? false;
  } catch {
    throw new SettingsError(usage);
  }
}

const switches: Readonly<Record<string, boolean>> = { '': false, '0': false, false: false, '1': true, true: true };

/** `npm start --silent` is npm's own: it hands on how loud it is. In containers a variable is at hand. */
export function isSilent(args: readonly string[], variables: NodeJS.ProcessEnv): boolean {
  const said = switches[variables['SLUICE_SILENT'] ?? ''];
  if (said === undefined) throw new SettingsError('SLUICE_SILENT must be 1 or 0.');
  return silentArgument(args) || said || variables['npm_config_loglevel'] === 'silent';
}

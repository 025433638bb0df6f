/** From what was found to whether the gateway is well. Pure. */
import type { TableName } from '../tables.ts';
import type { Health } from './health-object.ts';

/** Without these no call of a model is let in (I12): keys, what they may and have spent, and the ledger. */
const needed: readonly TableName[] = ['keys', 'projects', 'admission', 'usage'];
const neededNames: ReadonlySet<string> = new Set(needed);

export type Findings = Omit<Health, 'object' | 'status' | 'reasons' | 'checked_at'>;

type One = { readonly name: string; readonly status: string; readonly reason: string | null };

const isBad = ({ status }: One): boolean => status === 'degraded' || status === 'unavailable';
const said =
  (what: string) =>
  ({ name, reason }: One): string =>
    `${what} ${name}: ${reason}`;

function reasonsOf({ stores, secrets, queues, providers, circuits, alerts }: Findings): readonly string[] {
  return [
    ...stores.filter(isBad).map((store) => said(store.kind)(store)),
    ...secrets.filter(isBad).map(said('secret')),
    ...queues.filter(isBad).map(said('queue')),
    ...providers.filter(isBad).map(said('provider')),
    ...(circuits ?? []).map(
      ({ provider, model, state, reason }) =>
        `circuit ${model === null ? provider : `${provider}/${model}`}: ${state}${reason === null ? '' : `, ${reason}`}.`,
    ),
    ...(alerts ?? []).map(({ name }) => `alert: ${name}`),
  ];
}

/** Nobody is left to ask. Of one that cannot be told it is assumed that it answers. */
const noProvider = ({ providers }: Findings): boolean =>
  providers.length > 0 && providers.every(({ status }) => status === 'unavailable');

const isDown = (findings: Findings): boolean =>
  findings.stores.some(
    ({ name, kind, status }) => kind === 'table' && status === 'unavailable' && neededNames.has(name),
  ) ||
  findings.secrets.some(({ status }) => status === 'unavailable') ||
  noProvider(findings);

export function overall(findings: Findings): Pick<Health, 'status' | 'reasons'> {
  const reasons = reasonsOf(findings);
  const status = isDown(findings) ? 'down' : reasons.length > 0 ? 'degraded' : 'ok';
  return { status, reasons: [...reasons] };
}

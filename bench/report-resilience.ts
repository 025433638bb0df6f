/** The sections about what it costs to be ready for failures, and what is seen of them. */
import { resilienceSchema } from '../shared/resilience/settings.ts';
import { type FeatureCost, featureConnections } from './features.ts';
import { table } from './markdown.ts';
import { goneMs, instances, openSeconds, patienceMs, requestEveryMs } from './outage.ts';
import type { OutageFinding, OutageKind } from './outage-findings.ts';

export function featureSection(costs: readonly FeatureCost[]): string {
  const [plain] = costs;
  return `## Features, while every provider is well

Whole answers, ${featureConnections} connections, one gateway that is asked in turn; CPU for a request. Circuits are always on, and in every line.

${table(
  ['With', 'Requests/s', 'p50 ms', 'CPU ms', 'to the first', "Its database's"],
  costs.map(({ feature, requestsPerSecond, p50Ms, cpuMs, databaseCpuMs }) => [
    feature,
    requestsPerSecond.toFixed(0),
    p50Ms.toFixed(1),
    cpuMs.toFixed(2),
    (cpuMs / (plain?.cpuMs ?? Number.NaN)).toFixed(2),
    databaseCpuMs.toFixed(2),
  ]),
)}
`;
}

const gone: Record<OutageKind, string> = { killed: 'is killed', hanging: 'hangs' };

const orNever = (value: number | null, digits: number, scale = 1): string =>
  value === null ? 'never' : (value / scale).toFixed(digits);

export function outageSection(findings: readonly OutageFinding[]): string {
  const { circuit } = resilienceSchema.parse({});
  const portkey = findings.filter(({ through }) => through === 'Portkey');
  const spared = portkey.some(({ sparedAfterMs }) => sparedAfterMs !== null);
  return `## Outage

Two providers, ${instances} gateways on one database, each asked every ${requestEveryMs} ms, and Portkey with its own \`strategy: fallback\`, asked as often as all three.
The first provider is killed, or stopped so that it hangs, and is back ${goneMs / 1_000} s later. Circuits stay open for ${openSeconds} s here, and a stream's
first chunk is waited for ${patienceMs} ms. *Spared* is the first request that did not try that provider any more, counted from its death; the circuits'
probes come later. Sluice's headers say who was tried; of Portkey it is counted by who listens where the dead provider was, and by the wait
for the one that hangs.

${table(
  [
    'The provider',
    'Through',
    'Requests',
    'Spared after ms',
    'Tried it before',
    'Later',
    'Slowest ms',
    'Errors',
    'Back after s',
  ],
  findings.map(
    ({ kind, through, requests, sparedAfterMs, triedBefore, triedAfter, slowestMs, errors, backAfterMs }) => [
      gone[kind],
      through,
      String(requests),
      orNever(sparedAfterMs, 0),
      String(triedBefore),
      String(triedAfter),
      slowestMs.toFixed(0),
      String(errors),
      orNever(backAfterMs, 1, 1_000),
    ],
  ),
)}

As it is shipped, a circuit stays open for ${circuit.openSeconds} s: then one call in ${circuit.openSeconds} s tries a provider that is gone, and one that is back is asked again at most
${circuit.openSeconds} s later, and by the other instances within another second. Of Portkey's calls ${spared ? 'some were' : 'none was'} spared.
`;
}

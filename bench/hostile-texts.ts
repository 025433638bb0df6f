/** How long a megabyte of hostile text takes through the guardrails of the process: `node bench/hostile-texts.ts` writes bench/hostile-texts.md. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as detector from '../shared/injection/injection-detector.ts';
import { entityKinds } from '../shared/redaction/entity.ts';
import { inspectRequest } from '../shared/safety/inspect-request.ts';
import { filledIn, safetyOff } from '../shared/safety/policy.ts';
import { hostileTexts } from '../test/support/hostile-texts.ts';
import { machine } from './machine.ts';
import { table } from './markdown.ts';
import { median } from './statistics.ts';

const policy = filledIn(safetyOff, {
  injection: { mode: 'sanitize' },
  moderation: { input: 'block' },
  redaction: { input: [...entityKinds] },
});
const runs = 3;
const at = machine();

function cpuMs(content: string): number {
  const before = process.cpuUsage();
  inspectRequest('completions', { model: 'm', messages: [{ role: 'user', content }] }, policy, detector);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

cpuMs('Good morning.');
const rows = Object.entries(hostileTexts).map(([name, text]) => {
  const taken = Array.from({ length: runs }, () => cpuMs(text));
  return { name, ms: median(taken) };
});
rows.sort((a, b) => b.ms - a.ms);
writeFileSync(
  join(import.meta.dirname, 'hostile-texts.md'),
  `# A megabyte of hostile text

Through injection (sanitize) and redaction of everything, as one message; processor time, the median of ${runs} runs, on
${at.cpu}, ${at.cores} cores, Node ${at.node}. Made by \`node bench/hostile-texts.ts\`.

${table(
  ['text', 'ms'],
  rows.map(({ name, ms }) => [name, ms.toFixed(0)]),
)}
`,
);

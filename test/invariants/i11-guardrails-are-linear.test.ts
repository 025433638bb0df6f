/** I11, THREATS 10: what guardrails take grows with the text and no faster, whatever it is made of. */

import * as detector from '../../shared/injection/injection-detector.ts';
import { entityKinds } from '../../shared/redaction/entity.ts';
import { inspectRequest } from '../../shared/safety/inspect-request.ts';
import { filledIn, safetyOff } from '../../shared/safety/policy.ts';
import { hostileTexts } from '../support/hostile-texts.ts';

const policy = filledIn(safetyOff, {
  injection: { mode: 'sanitize' },
  moderation: { input: 'block' },
  redaction: { input: [...entityKinds] },
});

test.each(Object.keys(hostileTexts))('%s', (name) => {
  const messages = [{ role: 'user', content: hostileTexts[name] }];
  const before = process.cpuUsage();
  inspectRequest('completions', { model: 'm', messages }, policy, detector);
  const { user, system } = process.cpuUsage(before);
  // What is quadratic takes minutes. How long it takes is measured in bench/hostile-texts.md, where nothing else runs.
  expect((user + system) / 1e6).toBeLessThan(20);
});

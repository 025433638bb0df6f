/** A body too large for a table: the client of S3, which lies beside the function's code, is loaded and works there. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { answer, completion, usage } from '../support/scripted-provider.ts';
import type { Check } from './checks.ts';
import { question } from './questions.ts';

export const bodyChecks: readonly Check[] = [
  [
    'a large answer is kept in the bucket and given again from there',
    async ({ provider, bucket, key, event, ask }) => {
      const headers = { Authorization: `Bearer ${key}`, 'x-sluice-cache': 'on' };
      // No compression makes it small.
      const text = randomBytes(60_000).toString('base64');
      provider.script = answer(completion(text, usage(10, 5)));
      const large = { ...question, messages: [{ role: 'user', content: 'How much is it?' }] };

      const first = await ask(event(large, headers));
      assert.equal(first.http.headers['x-sluice-cache'], 'miss');
      assert.equal(bucket.objects.size, 1);
      const second = await ask(event(large, headers));
      assert.equal(second.http.headers['x-sluice-cache'], 'hit');
      assert.equal(JSON.parse(second.http.body.toString('utf8')).choices[0].message.content, text);
    },
  ],
];

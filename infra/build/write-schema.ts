/** `npm run schema`: writes the published schema anew. A test fails while it is out of date. */
import { writeFileSync } from 'node:fs';
import { publishedSchema } from './published-schema.ts';

writeFileSync(new URL('../../sluice.schema.json', import.meta.url), publishedSchema());

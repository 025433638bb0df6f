import * as z from 'zod/mini';
import { pageQuery } from '../http/page.ts';

export const runListSchema = z.strictObject(pageQuery);

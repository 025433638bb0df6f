/** What holds for all projects together. */
import * as z from 'zod/mini';
import { spendLimitSchema } from '../limits/limits.ts';

export const organizationSchema = z.object({ spendLimitMicroUsd: z._default(z.nullable(spendLimitSchema), null) });
export type Organization = z.infer<typeof organizationSchema>;

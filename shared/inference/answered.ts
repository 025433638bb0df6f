/** A provider's answer on its way to the caller. */
import type { HttpResponse } from '../http/response.ts';
import type { Usage } from '../usage/token-usage.ts';

/** A stream knows at its end what it has used, which its caller may not have asked to be told. */
export type Answered = HttpResponse & { readonly usage?: () => Usage | null };

/** Lets through to a provider the parameters that it knows, and tells the caller which it does not. */
import { type Fitted, fitted, type Parameters } from './parameters.ts';
import type { Provider, UpstreamRequest } from './provider.ts';

/** Budgets stand on the one (I2), and privacy on the other: a provider that knows responses knows both. */
const ofResponses = ['max_output_tokens', 'store'];

const maxLength = 1_000;

/** The names are the caller's own choice: whatever cannot stand in a header is escaped. */
const told = ({ dropped }: Fitted): Record<string, string> =>
  dropped.length === 0
    ? {}
    : {
        'x-sluice-dropped-parameters': dropped
          .map((name) => encodeURIComponent(name.toWellFormed()))
          .join(', ')
          .slice(0, maxLength),
      };

export function fittingProvider(provider: Provider, parameters: Parameters): Provider {
  const asked = async <Answer extends { readonly headers: Readonly<Record<string, string>> }>(
    request: UpstreamRequest,
    ask: (fitting: UpstreamRequest) => Promise<Answer>,
  ): Promise<Answer> => {
    const fitting = fitted(request.body, parameters, request.endpoint === '/responses' ? ofResponses : []);
    const answer = await ask({ ...request, body: fitting.body });
    return { ...answer, headers: { ...answer.headers, ...told(fitting) } };
  };
  return {
    whole: (request) => asked(request, provider.whole),
    stream: (request) => asked(request, provider.stream),
  };
}

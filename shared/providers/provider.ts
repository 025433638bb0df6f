/** What every kind of provider can do. Nothing outside this folder knows the `openai` package. */

export type Endpoint = '/chat/completions' | '/embeddings' | '/moderations' | '/responses';

export type UpstreamRequest = {
  readonly endpoint: Endpoint;
  /** With the provider's own name of the model. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Only what `outgoingHeaders` let through. */
  readonly headers: Readonly<Record<string, string>>;
  /** Fires when the call is to be given up. */
  readonly signal: AbortSignal;
};

export type WholeAnswer = {
  /** JSON, as the provider wrote it. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type StreamAnswer = {
  /** Bytes of server-sent events, cut wherever the network cut them. Throws a `GatewayError`, like the call itself. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Gives the stream up, at any time and without harm when it has ended. */
  readonly cancel: () => void;
  readonly headers: Readonly<Record<string, string>>;
};

/** One model provider. Both calls throw a `GatewayError` that says whose fault it was. */
export interface Provider {
  whole(request: UpstreamRequest): Promise<WholeAnswer>;
  stream(request: UpstreamRequest): Promise<StreamAnswer>;
}

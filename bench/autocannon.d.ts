/** The part of autocannon that the benchmark uses; the package brings no types. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  type Options = {
    readonly url: string;
    readonly method: 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly connections: number;
    /** In seconds. */
    readonly duration: number;
    /** In seconds. */
    readonly timeout: number;
    /** Puts an id of its own into each request, where it says `[<id>]`. */
    readonly idReplacement: boolean;
  };

  type Result = {
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
    /** In seconds. */
    readonly duration: number;
  };

  /** Emits `response` with the client, the status, the bytes and the milliseconds it took. */
  type Instance = EventEmitter & PromiseLike<Result>;

  // biome-ignore lint/style/noDefaultExport: it is the package's, not ours.
  export default function autocannon(options: Options): Instance;
}

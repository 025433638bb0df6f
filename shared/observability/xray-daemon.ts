/**
 * Hands documents to the X-Ray daemon, which Lambda runs beside every traced function: a datagram each. The SDK's and
 * Powertools' tracer would do the same, and take a cold start's time (docs/adr/0074).
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon
 */
import { isIP } from 'node:net';

/** Never rejects: a trace that is lost is lost. */
export type SendDocument = (document: object) => Promise<void>;

/** A datagram is gone at once, or never; nobody's function is held up by it. */
const longestMs = 200;
/** The most that a datagram takes, less than X-Ray does. */
const maxBytes = 60_000;
const header = '{"format": "json", "version": 1}\n';

export type DaemonAddress = { readonly host: string; readonly port: number };

/** `host:port`, or `tcp:host:port udp:host:port`. Names are not looked up: who is told of each request is an address. */
export function daemonAddress(text: string | undefined): DaemonAddress | null {
  const parts = (text ?? '').trim().split(/\s+/);
  const udp = parts.length === 1 ? parts[0] : parts.find((part) => part.startsWith('udp:'))?.slice('udp:'.length);
  const at = udp?.lastIndexOf(':') ?? -1;
  const host = udp?.slice(0, at).replace(/^\[|\]$/g, '') ?? '';
  const port = Number(udp?.slice(at + 1));
  return at > 0 && isIP(host) !== 0 && Number.isInteger(port) && port > 0 && port < 65_536 ? { host, port } : null;
}

export const xrayDaemon =
  ({ host, port }: DaemonAddress): SendDocument =>
  async (document) => {
    const datagram = Buffer.from(header + JSON.stringify(document));
    if (datagram.byteLength > maxBytes) return;
    // With the first request that is traced, which most are not.
    const { createSocket } = await import('node:dgram');
    const socket = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longestMs).unref();
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      socket.on('error', done);
      socket.send(datagram, port, host, done);
    });
    socket.close();
  };

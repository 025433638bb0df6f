/** Requests as fast as they are answered, over so many connections, and what one of them costs. */
import autocannon from 'autocannon';
import type { Contender } from './contenders.ts';
import { cpuMs } from './process-cpu.ts';

export type Load = {
  /** Where it or a header says `[<id>]`, each request says something of its own. */
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
};

export type LoadResult = {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** How long each request took, from the first byte sent to the last received. */
  readonly latenciesMs: readonly number[];
  /** Of the process in between, for a request. */
  readonly cpuMsPerRequest?: number;
  readonly databaseCpuMsPerRequest?: number;
};

/** Zero where there is no such process. */
const used = (pid: number | undefined): number => (pid === undefined ? 0 : cpuMs(pid));

const timeoutSeconds = 30;

export async function load(contender: Contender, { body, connections, seconds }: Load): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const before = used(contender.pid);
  const databaseBefore = used(contender.databasePid);
  const run = autocannon({
    url: `${contender.baseURL}/chat/completions`,
    method: 'POST',
    headers: contender.headers,
    body,
    connections,
    duration: seconds,
    timeout: timeoutSeconds,
    idReplacement: [body, ...Object.values(contender.headers)].some((text) => text.includes('[<id>]')),
  });
  run.on('response', (_client: unknown, _status: number, _bytes: number, latencyMs: number) => {
    latenciesMs.push(latencyMs);
  });
  const result = await run;
  const failures = result.errors + result.timeouts + result.non2xx;
  if (failures > 0) throw new Error(`${contender.name}: ${failures} of ${latenciesMs.length} requests failed`);

  const requests = latenciesMs.length;
  return {
    requests,
    requestsPerSecond: requests / result.duration,
    latenciesMs,
    ...(contender.pid !== undefined && { cpuMsPerRequest: (used(contender.pid) - before) / requests }),
    ...(contender.databasePid !== undefined && {
      databaseCpuMsPerRequest: (used(contender.databasePid) - databaseBefore) / requests,
    }),
  };
}

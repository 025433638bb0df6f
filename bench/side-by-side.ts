/** The same load on every contender, round by round, so that what else the machine does falls on all of them alike. */
import type { Contender, Name } from './contenders.ts';
import { type LoadResult, load } from './load.ts';
import { cpuMs } from './process-cpu.ts';
import { requestBody, type Script } from './script.ts';
import { median, percentile } from './statistics.ts';
import { firstByteMs, readStreams } from './streams.ts';

export const connectionCounts = [1, 16, 64] as const;
export type Mode = 'whole' | 'streamed';

/** The streams of the load: a short answer, as fast as it goes. */
export const loadScript: Script = { chunks: 32, spacingMs: 0 };

export type Cell = {
  readonly name: Name;
  readonly mode: Mode;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerRequest: number | undefined;
  readonly databaseCpuMsPerRequest: number | undefined;
};

const medianOf = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? median(known) : undefined;
};

function cell(name: Name, mode: Mode, connections: number, results: readonly LoadResult[]): Cell {
  const over = (rank: number) => median(results.map(({ latenciesMs }) => percentile(latenciesMs, rank)));
  return {
    name,
    mode,
    connections,
    requestsPerSecond: median(results.map(({ requestsPerSecond }) => requestsPerSecond)),
    p50Ms: over(0.5),
    p95Ms: over(0.95),
    p99Ms: over(0.99),
    cpuMsPerRequest: medianOf(results.map(({ cpuMsPerRequest }) => cpuMsPerRequest)),
    databaseCpuMsPerRequest: medianOf(results.map(({ databaseCpuMsPerRequest }) => databaseCpuMsPerRequest)),
  };
}

type Rounds = { readonly rounds: number };

/** Runs `measure` for every contender in turn, `rounds` times over. */
async function inTurn<Result>(
  contenders: readonly Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<Result>,
): Promise<ReadonlyMap<Name, readonly Result[]>> {
  const results = new Map<Name, Result[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) results.get(contender.name)?.push(await measure(contender));
  }
  return results;
}

export async function underLoad(
  contenders: readonly Contender[],
  { rounds, seconds }: Rounds & { readonly seconds: number },
): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const mode of ['whole', 'streamed'] as const) {
    const body = requestBody(mode === 'streamed', loadScript);
    // What runs for the first time runs slowly, and is not what is measured.
    await inTurn(contenders, 1, (contender) => load(contender, { body, connections: 16, seconds: seconds * 2 }));
    for (const connections of connectionCounts) {
      const results = await inTurn(contenders, rounds, (contender) => load(contender, { body, connections, seconds }));
      for (const [name, list] of results) cells.push(cell(name, mode, connections, list));
    }
  }
  return cells;
}

/** A stream of a model: its chunks come one by one. */
export const pacedMs = 5;

export type FirstByte = { readonly name: Name; readonly p50Ms: number; readonly p95Ms: number };

/** One connection, one stream after the other. */
export async function firstBytes(
  contenders: readonly Contender[],
  { rounds, requests }: Rounds & { readonly requests: number },
): Promise<FirstByte[]> {
  const body = requestBody(true, { chunks: 4, spacingMs: 1 });
  const results = await inTurn(contenders, rounds, (contender) => firstByteMs(contender, body, requests));
  return [...results].map(([name, lists]) => ({
    name,
    p50Ms: median(lists.map((times) => percentile(times, 0.5))),
    p95Ms: median(lists.map((times) => percentile(times, 0.95))),
  }));
}

/** Two lengths of stream; what the longer costs more is what its chunks cost. */
export const shortStream = 10;
export const longStream = 210;
export const streamsAtATime = 16;

export type ChunkCost = { readonly name: Name; readonly spacingMs: number; readonly microseconds: number };

export async function chunkCosts(
  contenders: readonly Contender[],
  { rounds, spacings }: Rounds & { readonly spacings: readonly number[] },
): Promise<ChunkCost[]> {
  const costs: ChunkCost[] = [];
  const between = contenders.filter(({ pid }) => pid !== undefined);
  for (const spacingMs of spacings) {
    const results = await inTurn(between, rounds, async (contender) => {
      const cpuOf = async (chunks: number): Promise<number> => {
        const before = cpuMs(contender.pid ?? 0);
        await readStreams(contender, requestBody(true, { chunks, spacingMs }), streamsAtATime * 2, streamsAtATime);
        return (cpuMs(contender.pid ?? 0) - before) / (streamsAtATime * 2);
      };
      const long = await cpuOf(longStream);
      const short = await cpuOf(shortStream);
      return ((long - short) / (longStream - shortStream)) * 1_000;
    });
    for (const [name, microseconds] of results) costs.push({ name, spacingMs, microseconds: median(microseconds) });
  }
  return costs;
}

export type LoadFindings = {
  readonly cells: readonly Cell[];
  readonly firstBytes: readonly FirstByte[];
  readonly chunkCosts: readonly ChunkCost[];
};

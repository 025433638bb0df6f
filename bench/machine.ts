/** On what this was measured. */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
};

export function machine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** Microseconds, since the machine started, in which somebody waited for a processor. */
const waitedMicroseconds = (): number => {
  const [, total = '0'] = /^some .*total=(\d+)/m.exec(readFileSync('/proc/pressure/cpu', 'utf8')) ?? [];
  return Number(total);
};

/**
 * Starts to watch; the function it returns says in which share of the time since
 * then somebody had to wait for a processor. The benchmark itself makes some wait,
 * and others' work makes every figure worse. https://docs.kernel.org/accounting/psi.html
 */
export function watchPressure(): () => number {
  const before = waitedMicroseconds();
  const startedAt = performance.now();
  return () => (waitedMicroseconds() - before) / ((performance.now() - startedAt) * 1_000);
}

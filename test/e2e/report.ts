/** What the run says while it goes on, and the count that it ends with. */

const line = (text: string): void => void process.stdout.write(`${text}\n`);

export type Report = {
  /** Something that the rest stands on: a failure ends the run. */
  step<Value>(name: string, work: () => Promise<Value>): Promise<Value>;
  /** One assertion: a failure is counted, and the run goes on. */
  check(name: string, assertion: () => unknown): Promise<void>;
  note(text: string): void;
  /** Prints `N passed, N failed`. True when nothing failed. */
  close(): boolean;
};

export function createReport(now: () => number): Report {
  let passed = 0;
  let failed = 0;
  const explain = (error: unknown) =>
    line((error instanceof Error ? (error.stack ?? error.message) : String(error)).replace(/^/gm, '      '));

  return {
    async step(name, work) {
      line(`── ${name}`);
      const startedAt = now();
      try {
        const value = await work();
        line(`   ${((now() - startedAt) / 1000).toFixed(1)} s`);
        return value;
      } catch (error) {
        failed += 1;
        line(`   FAILED: ${name}`);
        throw error;
      }
    },

    async check(name, assertion) {
      try {
        await assertion();
        passed += 1;
        line(`   ok    ${name}`);
      } catch (error) {
        failed += 1;
        line(`   FAIL  ${name}`);
        explain(error);
      }
    },

    note: line,

    close() {
      line(`${passed} passed, ${failed} failed`);
      return failed === 0;
    },
  };
}

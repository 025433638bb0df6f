import type { RunStep } from '../../../shared/runs/run.ts';
import { createRunTools } from '../../../shared/runs/run-tools.ts';
import type { ToolCall } from '../../../shared/tools/execute-tool.ts';
import { sampleTool } from '../tools/sample-tool.ts';

const tools = new Map([['get_weather', sampleTool()]]);
const run = {
  projectId: 'proj_1',
  requestId: 'req_1',
  runId: 'run_1',
  step: 1,
  signal: new AbortController().signal,
};

function scene(maxCallsPerStep = 4) {
  const executed: ToolCall[] = [];
  const steps: RunStep[] = [];
  const made = new Map<string, number>();
  const runTools = createRunTools({
    now: () => 0,
    maxCallsPerStep,
    executeTool: async (_, call) => {
      executed.push(call);
      return { kind: 'answered', text: 'sunny', durationMs: 1 };
    },
  });
  const call = (...texts: string[]) =>
    runTools(
      texts.map((argumentsText, index) => ({ id: `call_${index}`, name: 'get_weather', argumentsText })),
      tools,
      made,
      run,
      (step) => steps.push(step),
    );
  return { call, executed, steps };
}

test('the same arguments in another order and with other spaces are the same call', async () => {
  const { call, executed, steps } = scene();
  await call('{"a":1,"b":2}');
  const { outcomes, isCircling } = await call('{ "b": 2, "a": 1 }');
  expect(executed).toHaveLength(1);
  expect(outcomes[0]?.result).toMatchObject({ kind: 'failed', message: expect.stringContaining('before') });
  expect(isCircling).toBe(false);
  expect(steps).toMatchObject([{ outcome: 'answered' }, { outcome: 'repeated' }]);
});

test('lists in another order are another call', async () => {
  const { call, executed } = scene();
  await call('{"a":[1,2]}');
  await call('{"a":[2,1]}');
  expect(executed).toHaveLength(2);
});

test('the third time, the model goes round in circles', async () => {
  const { call } = scene();
  await call('{}');
  await call('{}');
  expect((await call('{}')).isCircling).toBe(true);
});

test('twice in one answer is run once', async () => {
  const { call, executed } = scene();
  const { outcomes } = await call('{}', '{}');
  expect(executed).toHaveLength(1);
  expect(outcomes).toHaveLength(2);
});

test('more calls at once than may be are answered, and not run', async () => {
  const { call, executed } = scene(2);
  const { outcomes } = await call('{"n":1}', '{"n":2}', '{"n":3}');
  expect(executed).toHaveLength(2);
  expect(outcomes[2]?.result).toMatchObject({ kind: 'failed', message: expect.stringContaining('at most 2') });
});

test('what is no JSON is compared as it is', async () => {
  const { call, executed } = scene();
  await call('{"a":');
  await call('{"a"');
  expect(executed).toHaveLength(2);
});

test("the tool's target sees an id that is the run's own, though models number the calls of each answer anew", async () => {
  const { call, executed } = scene();
  await call('{}');
  expect(executed[0]?.id).toBe('1.0.call_0');
});

test('each call is noted with its outcome, and with the time that it took', async () => {
  const steps: RunStep[] = [];
  const times = [1_000, 1_250];
  const runTools = createRunTools({
    now: () => times.shift() ?? 0,
    maxCallsPerStep: 4,
    executeTool: async () => ({ kind: 'failed', why: 'timed_out', message: 'Too slow.', durationMs: 250 }),
  });
  const call = { id: 'call_0', name: 'get_weather', argumentsText: '{}' };
  await runTools([call], tools, new Map(), run, (step) => steps.push(step));
  expect(steps).toEqual([
    {
      type: 'tool_call',
      startedAtMs: 1_000,
      durationMs: 250,
      name: 'get_weather',
      callId: 'call_0',
      outcome: 'timed_out',
    },
  ]);
});

import { synthesize } from './assembly.ts';

type FunctionProperties = { readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> } };

test.each([
  ['0.25', '0.250000'],
  ['0', undefined],
])('with -c logDebugShare=%s every function is told %s', async (logDebugShare, told) => {
  const stack = await synthesize('dev', { context: { logDebugShare } });
  const functions = stack
    .of<FunctionProperties>('AWS::Lambda::Function')
    .filter(([id]) => stack.functionName(id) !== '');
  expect(functions.length).toBeGreaterThan(20);
  const shares = functions.map(([, { Properties }]) => Properties.Environment.Variables['SLUICE_LOG_DEBUG_SHARE']);
  expect(new Set(shares)).toEqual(new Set([told]));
});

import { paramOf } from '../../../shared/http/param.ts';

test.each([
  [[], ''],
  [['model'], 'model'],
  [['messages', 2, 'role'], 'messages[2].role'],
  [[0, 'a'], '[0].a'],
  [['a', 'b', 0, 1], 'a.b[0][1]'],
])('the path %j is the parameter %j', (path, param) => {
  expect(paramOf(path)).toBe(param);
});

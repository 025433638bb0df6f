import { networkOf, storedIdOf } from '../../../shared/addresses/network.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
  ['test-invoke-source-ip', 'test-invoke-source-ip'],
])('%s stands for %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('what is stored says nothing of the address, and is the same on every instance that has the pepper', () => {
  const id = storedIdOf('192.0.2.1', { '1': 'old', '2': 'new' });
  expect(id).toMatch(/^[\w-]{43}$/);
  expect(storedIdOf('192.0.2.1', { '2': 'new' })).toBe(id);
  expect(storedIdOf('192.0.2.1', { '1': 'old' })).not.toBe(id);
  expect(storedIdOf('192.0.2.2', { '2': 'new' })).not.toBe(id);
});

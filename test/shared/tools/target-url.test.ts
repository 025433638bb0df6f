/** Where webhooks may be: the security table, at registration and at every call (THREATS 4). */
import { isLoopbackAddress, isPublicAddress } from '../../../shared/tools/address-range.ts';
import { createCallWebhook } from '../../../shared/tools/call-webhook.ts';
import { targetUrlProblem } from '../../../shared/tools/target-url.ts';

const rules = { allowsLoopback: false, isAllowedAddress: isPublicAddress };
const loopback = {
  allowsLoopback: true,
  isAllowedAddress: (address: string) => isPublicAddress(address) || isLoopbackAddress(address),
};

const addresses: Record<string, readonly string[]> = {
  'this machine': ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::'],
  'private networks': ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1', 'fec0::1'],
  'the metadata of clouds': ['169.254.169.254', '169.254.170.2', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16'],
  'link-local': ['169.254.0.1', 'fe80::1'],
  'shared (CGNAT)': ['100.64.0.1', '100.127.255.255'],
  'multicast and broadcast': ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
  reserved: [
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '2001:db8::1',
    '3fff::1',
  ],
  'IPv6 that hides IPv4': [
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:127.0.0.1'],
    ...[
      '64:ff9b::7f00:1',
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::7f00:1',
      '2002:7f00:1::1',
      '2002:a9fe:a9fe::',
      '2001:0:1::1',
    ],
  ],
  'not assigned to anybody': ['4000::1', '5f00::1', '100::1', '8000::1'],
  'no addresses': ['', '1.2.3', '2130706433', '0x7f.1', '0177.0.0.1', '1.2.3.4.5', '256.1.1.1', ' 1.1.1.1', 'a.b'],
};
const everyAddress = Object.entries(addresses).flatMap(([kind, all]) => all.map((address) => [kind, address] as const));

test.each(everyAddress)('%s: %s is not public', (_kind, address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.255.255', '52.94.0.1', '2606:4700::1111'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);

const refused: Record<string, readonly string[]> = {
  'another protocol': [
    'http://tools.example.com',
    'ftp://tools.example.com',
    'file:///etc/passwd',
    'data:,x',
    'javascript:1',
  ],
  'no URL': [
    '',
    'tools.example.com',
    '//tools.example.com',
    'https://',
    'https:// x',
    'https://[::1',
    `https://a.b/${'x'.repeat(2_048)}`,
  ],
  credentials: [
    'https://user@tools.example.com',
    'https://user:pass@tools.example.com',
    'https://:pass@tools.example.com',
  ],
  'a fragment': ['https://tools.example.com/#x'],
  'this machine': [
    ...[
      'https://localhost',
      'https://localhost:8443/x',
      'https://LOCALHOST',
      'https://a.localhost',
      'https://localhost.',
    ],
    ...['https://127.0.0.1', 'https://127.1', 'https://2130706433', 'https://0x7f000001', 'https://0x7f.0.0.1'],
    ...[
      'https://0177.0.0.1',
      'https://017700000001',
      'https://127.0.0.1.',
      'https://%31%32%37.0.0.1',
      'https://①②⑦.⓪.⓪.①',
    ],
    ...[
      'https://[::1]',
      'https://[::]',
      'https://[::ffff:127.0.0.1]',
      'https://[::ffff:7f00:1]',
      'https://0',
      'https://0.0.0.0',
    ],
  ],
  metadata: [
    ...[
      'https://169.254.169.254/latest/meta-data',
      'https://2852039166',
      'https://0xa9fea9fe',
      'https://169.254.43518',
    ],
    ...[
      'https://[fd00:ec2::254]',
      'https://[::ffff:169.254.169.254]',
      'https://metadata.google.internal',
      'https://metadata',
    ],
    ...['https://１６９.254.169.254', 'https://169。254。169。254'],
  ],
  'private networks': [
    'https://10.0.0.1',
    'https://192.168.0.1:8443',
    'https://[fc00::1]',
    'https://printer',
    'https://nas.local',
  ],
  'a dot at its end': ['https://tools.example.com.', 'https://tools.example.com./x'],
};
const everyRefused = Object.entries(refused).flatMap(([kind, all]) => all.map((url) => [kind, url] as const));

test.each(everyRefused)('%s: %s is refused where it is registered', (_kind, url) => {
  expect(targetUrlProblem(url, rules)).toEqual(expect.any(String));
});

test.each(everyRefused)('%s: %s is refused where it is called, and nobody is connected to', async (_kind, url) => {
  const resolved: string[] = [];
  const call = createCallWebhook({
    rules: async () => rules,
    resolve: async (name) => {
      resolved.push(name);
      return [{ address: '1.1.1.1', family: 4 }];
    },
    pause: async () => {},
  });
  expect(await call({ url, headers: {}, body: '{}' }, AbortSignal.timeout(5_000))).toMatchObject({
    kind: 'failed',
    why: 'refused_target',
  });
  expect(resolved).toEqual([]);
});

test.each([
  'https://tools.example.com/x?y=1',
  'https://tools.example.com:8443',
  'https://1.1.1.1',
  'https://[2606:4700::1111]/x',
])('%s is taken', (url) => {
  expect(targetUrlProblem(url, rules)).toBeNull();
});

test.each(['http://127.0.0.1:8080/x', 'http://localhost:8080', 'http://[::1]:8080', 'https://127.0.0.1'])(
  '%s is taken on one machine where its environment says so',
  (url) => {
    expect(targetUrlProblem(url, loopback)).toBeNull();
  },
);

test.each([
  'http://tools.example.com',
  'http://10.0.0.1',
  'http://u:p@127.0.0.1',
  'file://localhost/x',
  'http://169.254.169.254',
])('%s is refused there as well', (url) => {
  expect(targetUrlProblem(url, loopback)).toEqual(expect.any(String));
});

import { daemonAddress, xrayDaemon as sender } from '../../../shared/observability/xray-daemon.ts';
import { xrayDaemon } from '../../support/xray-daemon.ts';

test.each([
  ['169.254.79.129:2000', { host: '169.254.79.129', port: 2000 }],
  ['tcp:127.0.0.1:2000 udp:127.0.0.2:2001', { host: '127.0.0.2', port: 2001 }],
  ['udp:127.0.0.2:2001 tcp:127.0.0.1:2000', { host: '127.0.0.2', port: 2001 }],
  ['[::1]:2000', { host: '::1', port: 2000 }],
])('%s is where the daemon is', (text, address) => {
  expect(daemonAddress(text)).toEqual(address);
});

test.each([
  undefined,
  '',
  '127.0.0.1',
  'xray.example.com:2000',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  ':2000',
  'a:b:c',
  'tcp:1.1.1.1:1 tcp:1.1.1.1:1',
])('nobody is told where the address is %j', (text) => {
  expect(daemonAddress(text)).toBeNull();
});

test('a document is a datagram, behind the daemon’s header', async () => {
  const daemon = await xrayDaemon();
  const address = daemonAddress(daemon.address);
  if (!address) throw new Error('no address');
  await sender(address)({ annotations: { request_id: 'req_1' }, name: 'größer' });
  expect(await daemon.documentOf('req_1')).toEqual({ annotations: { request_id: 'req_1' }, name: 'größer' });
  await daemon.stop();
});

test('nobody there, or too much to say, is no error', async () => {
  const send = sender({ host: '127.0.0.1', port: 9 });
  await expect(send({ name: 'lost' })).resolves.toBeUndefined();
  await expect(send({ name: 'lost again' })).resolves.toBeUndefined();
  await expect(send({ name: 'x'.repeat(70_000) })).resolves.toBeUndefined();
  await expect(sender({ host: '255.255.255.255', port: 2000 })({ name: 'forbidden' })).resolves.toBeUndefined();
});

import { entitiesIn } from '../../../shared/redaction/entities.ts';
import { type EntityKind, entityKinds } from '../../../shared/redaction/entity.ts';

/** What is found, as `kind: text`. */
const found = (text: string, kinds: readonly EntityKind[] = entityKinds): string[] =>
  entitiesIn(text, kinds).map(({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`);

test.each([
  'ada@example.com',
  'ada.lovelace+news@mail.example.co.uk',
  'ADA_1815@EXAMPLE.ORG',
  'jürgen@beispiel.de',
  'ada [at] example [dot] com',
  'ada(at)example(dot)com',
  'ada [at] example.com',
  'ada@\u200bexample.com',
  'ada＠example.com',
])('an address is found: %s', (address) => {
  expect(found(`Write to ${address}, please`)).toEqual([`email: ${address}`]);
  expect(found(`{"to":"${address}"}`)).toEqual([`email: ${address}`]);
  expect(found(`写信给${address}。`)).toEqual([`email: ${address}`]);
});

test.each([
  'git@github.com:ada/engine.git',
  'icon@2x.png',
  '@types/node@24.1.0',
  '@ada said so',
  'a @ b',
  'user@localhost',
  'x = a@b',
  'we met at noon (at) the station',
])('no address is found: %s', (text) => {
  expect(found(text)).toEqual([]);
});

test.each([
  ['Visa', '4111111111111111'],
  ['Visa in groups', '4111 1111 1111 1111'],
  ['Visa with hyphens', '4111-1111-1111-1111'],
  ['Visa with non-breaking spaces', '4111\u00a01111\u00a01111\u00a01111'],
  ['Visa in full width', '４１１１１１１１１１１１１１１１'],
  ['Visa with invisible characters', '4111\u200b1111\u200b1111\u200b1111'],
  ['Mastercard', '5555 5555 5555 4444'],
  ['Mastercard of the second range', '2223003122003222'],
  ['American Express', '3782 822463 10005'],
  ['Diners Club', '3056 930902 5904'],
  ['Discover', '6011111111111117'],
  ['JCB', '3530111333300000'],
  ['UnionPay', '6200000000000005'],
])('a card is found: %s', (_, card) => {
  expect(found(`It is ${card} 12/29.`)).toEqual([`credit_card: ${card}`]);
});

test.each([
  ['a wrong Luhn digit', '4111111111111112'],
  ['no issuer', '1234567890123452'],
  ['a decimal number', '0.4111111111111111'],
  ['a part of a longer number', '94111111111111111231'],
  ['a part of a word', 'id_4111111111111111'],
  ['one digit all over', '4444444444444444'],
])('no card is found: %s', (_, text) => {
  expect(found(`It is ${text}.`)).toEqual([]);
});

test.each([
  'GB82WEST12345698765432',
  'GB82 WEST 1234 5698 7654 32',
  'gb82west12345698765432',
  'DE89 3704 0044 0532 0130 00',
  'FR14 2004 1010 0505 0001 3M02 606',
  'NO93 8601 1117 947',
  'DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000',
])('an account is found: %s', (account) => {
  expect(found(`To ${account}, today.`)).toEqual([`iban: ${account}`]);
});

test.each(['GB82WEST12345698765433', 'DE89 3704 0044 0532 0130', 'ZZ82WEST12345698765432'])(
  'no account is found: %s',
  (text) => {
    expect(found(`To ${text}, today.`, ['iban'])).toEqual([]);
  },
);

test.each([
  ['514-69-0360', 'My SSN: 514-69-0360.'],
  ['514 69 0360', 'social security number is 514 69 0360'],
  ['514690360', 'SSN 514690360'],
  ['912-70-1234', 'the ITIN 912-70-1234'],
  ['514‑69‑0360', 'with other hyphens: 514‑69‑0360'],
])('a social security number is found: %s', (number, text) => {
  expect(found(text)).toEqual([`ssn: ${number}`]);
});

test.each(['000-12-3456', '666-12-3456', '514-00-1234', '514-69-0000', '514690360', '514-69-03601', '2514-69-0360'])(
  'no social security number is found: %s',
  (text) => {
    expect(found(`Take ${text}.`, ['ssn'])).toEqual([]);
  },
);

test.each([
  ['192.168.1.17', 'from 192.168.1.17 today'],
  ['203.0.113.9', 'http://203.0.113.9:8080/x'],
  ['10.0.0.1', '10.0.0.1/24'],
  ['8.8.8.8', 'ping 8.8.8.8.'],
  ['2001:db8::8a2e:370:7334', 'at [2001:db8::8a2e:370:7334]:443'],
  ['2001:0db8:85a3:0000:0000:8a2e:0370:7334', 'at 2001:0db8:85a3:0000:0000:8a2e:0370:7334'],
  ['fe80::1', 'via fe80::1'],
])('an IP address is found: %s', (address, text) => {
  expect(found(text)).toEqual([`ip: ${address}`]);
});

test.each([
  'version 1.2.3.4',
  'v1.2.3.4',
  'Release: 10.2.0.1',
  'Chrome/120.0.0.0',
  'pkg@1.2.3.4',
  '1.2.3.4.5',
  '1.3.6.1.4.1.311',
  '256.1.1.1',
  '127.0.0.1',
  '0.0.0.0',
  'std::vector<int>',
  'a::b',
  '::1',
  '12:30:45',
  'aa:bb:cc:dd:ee:ff',
])('no IP address is found: %s', (text) => {
  expect(found(`see ${text} there`)).toEqual([]);
});

test.each([
  '+1 604 696 5272',
  '+1-604-696-5272x565',
  '+1 (604) 696-5272 ext. 12',
  '+447700677662',
  '+44 20 7946 0958',
  '+41 (0)62 585 51 90',
  '+49 (30) 901820',
  '+49-30-901820',
  '+91 98765 43210',
  '+86 138 0013 8000',
  '+33 1 84 17 61 18',
  '+55 (11) 91234-5678',
  '+81 3-1234-5678',
  '0041 62 585 51 90',
  '(602) 272-9781',
  '(602)272-9781',
  '602-272-9781',
  '602.272.9781',
  '602 272 9781',
  '1-800-555-0199',
  '07700 063 966',
  '020 7946 0958',
  '01.84.17.61.18',
  '01 84 17 61 18',
  '030 901820',
  '0961-7596216',
  '(08) 8747 6301',
  '+1\u00a0604\u00a0696\u00a05272',
  '+1\u200a604\u2011696\u20115272',
  '＋１ ６０４ ６９６ ５２７２',
])('a telephone number is found as it stands: %s', (number) => {
  expect(found(`It was ${number}, as I said`)).toEqual([`phone: ${number}`]);
  expect(found(`{"of":"${number}"}`)).toEqual([`phone: ${number}`]);
});

test.each([
  ['358 0594', 'Phone: 358 0594'],
  ['516 466 638', 'They are not answering at 516 466 638'],
  ['99 668472', 'mobile 99 668472'],
  ['9498777106', 'Fax: 9498777106'],
  ['5551234567', '{"phone_number":"5551234567"}'],
  ['5551234567', '{"phone": "5551234567"}'],
  ['737 219 628', '737 219 628 (office), 737 219 628 office'],
  ['71-33-52-22', 'please call me on 71-33-52-22'],
  ['(37) 788-063', 'Tel. (37) 788-063'],
])('a telephone number is found beside what says so: %s', (number, text) => {
  expect(found(text)).toContain(`phone: ${number}`);
  expect(found(number.length > 9 && number.includes('(') ? '' : `take ${number} of them`)).toEqual([]);
});

test.each([
  'on 2024-01-15 at 10:30',
  'between 01.02.2024 and 03.04.2024',
  '12/31/1999 23:59',
  'order 4711-0815-2342',
  'order #123-456-7890',
  'ISBN 978-3-16-148410-0',
  'version 10.15.7',
  'the sum is 1234567890',
  'timestamp 1718200000000',
  '1,234,567.89 dollars',
  '3.14159265358979',
  'x = [100, 200, 300, 4000]',
  '1 2 3 4 5 6 7 8 9 10 11 12',
  '100 200 3000',
  'RFC 7519 and 9110',
  'range 1990-1991, 2019-2020',
  'port 8080:8080',
  '$ 602 272',
  'id 123e4567-e89b-12d3-a456-426614174000',
  'rgb(255 255 255)',
  'call it 100 times',
  'lat 52.5200, lon 13.4050',
  '555-0199-123-4567-8901-2345',
])('nothing is found: %s', (text) => {
  expect(found(text)).toEqual([]);
});

test('of what claims the same characters the surer wins', () => {
  expect(found('postgres://ada:Tr0ub4dor@db.example.com/x')).toEqual(['secrets: Tr0ub4dor']);
  expect(found('call 4111 1111 1111 1111')).toEqual(['credit_card: 4111 1111 1111 1111']);
});

test('entities are sorted and do not overlap', () => {
  expect(found('ada@example.com +1 604 696 5272 192.168.1.17')).toEqual([
    'email: ada@example.com',
    'phone: +1 604 696 5272',
    'ip: 192.168.1.17',
  ]);
});

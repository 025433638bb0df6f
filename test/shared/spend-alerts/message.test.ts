import { dollars, monthName, spendAlertNotification } from '../../../shared/spend-alerts/message.ts';
import { organizationScope, type SpendAlert } from '../../../shared/spend-alerts/spend-alert.ts';
import { alertOf } from './alerts.ts';

const nowMs = Date.parse('2026-11-22T10:20:30Z');
const spend = { month: '2026-11', spentMicroUsd: 12_345_678 };
const notification = (
  alert: Partial<SpendAlert> = {},
  projectName: string | null = 'Search',
  limit: number | null = null,
) => spendAlertNotification(alertOf(alert), spend, { projectName, spendLimitMicroUsd: limit }, nowMs);

test('says all that a person needs to know', () => {
  const { subject, message } = notification({ recipients: ['a@example.com', 'b@example.com'] }, 'Search', 50_000_000);
  expect(subject).toBe('$10.00 spent in 2026-11: project Search');
  expect(message).toBe(`The project "Search" (proj_a) has reached a spend alert.

Month:        November 2026, in UTC
Alert at:     $10.00
Spent so far: $12.34
Spend limit:  $50.00 a month, of which 24 % is used
Seen at:      2026-11-22 10:20:30 UTC
Meant for:    a@example.com, b@example.com

Calls go on until a spend limit stops them. This alert is told once a month; once more if its threshold is raised and reached.
To change or delete it: /v1/organization/projects/proj_a/spend_alerts/alert_1`);
});

test('speaks of the organization as such', () => {
  const { subject, message } = notification({ scope: organizationScope }, null);
  expect(subject).toBe('$10.00 spent in 2026-11: the organization');
  expect(message).toMatch(/^All projects of the organization together have reached a spend alert\.$/m);
  expect(message).toMatch(/^Spend limit: {2}none$/m);
  expect(message).toMatch(/: \/v1\/organization\/spend_alerts\/alert_1$/);
});

test('shows a limit of nothing without dividing by it', () => {
  expect(notification({}, 'Search', 0).message).toMatch(/^Spend limit: {2}\$0\.00 a month$/m);
});

test('gives subscribers attributes to filter by, the recipients among them', () => {
  expect(notification({ recipients: ['a@example.com', 'b@example.com'] }).attributes).toEqual({
    kind: 'spend_alert',
    scope: 'proj_a',
    alert_id: 'alert_1',
    month: '2026-11',
    threshold_cents: '1000',
    spent_micro_usd: '12345678',
    recipients: 'a@example.com,b@example.com',
  });
});

describe('the subject', () => {
  test('begins with the prefix', () => {
    expect(notification({ subjectPrefix: '[Prod]' }).subject).toBe('[Prod] $10.00 spent in 2026-11: project Search');
  });

  test.each([
    ['a line break in the prefix', 'x\r\nBcc: e@example.com', 'Search'],
    ['a line break in the name', null, 'Search\r\nBcc: e@example.com'],
    ['other line breaks', 'x\u2028y\u2029z\u0085', 'a\u000bb\u000c'],
    ['control and direction marks', '\u0000\u001b[31m', '\u202egnp.exe\u200b'],
    ['other scripts and emoji', '警告', 'Поиск 🚀 naïve'],
    ['a long name', null, 'n'.repeat(256)],
    ['a long prefix and a long name', 'p'.repeat(64), '名'.repeat(256)],
    ['a prefix of spaces', '   ', 'Search'],
  ])('is one printable ASCII line of at most 100 characters with %s', (_name, subjectPrefix, projectName) => {
    const { subject } = notification({ subjectPrefix }, projectName);
    expect(subject).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,99}$/);
    expect(subject).toContain('$10.00 spent in 2026-11: project');
  });

  test('keeps what can be kept of an accent', () => {
    expect(notification({}, 'Café').subject).toMatch(/project Cafe$/);
  });
});

test.each([
  [0, '$0.00'],
  [9_999, '$0.00'],
  [10_000, '$0.01'],
  [99_999_999, '$99.99'],
  [1_234_560_000, '$1,234.56'],
  [1_000_000_000_000, '$1,000,000.00'],
])('%i micro-dollars are %s', (microUsd, text) => {
  expect(dollars(microUsd)).toBe(text);
});

test.each([
  ['2026-01', 'January 2026'],
  ['2026-12', 'December 2026'],
])('%s is %s', (month, name) => {
  expect(monthName(month)).toBe(name);
});

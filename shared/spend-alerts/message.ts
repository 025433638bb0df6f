/** What a spend alert says, to somebody who has forgotten that it exists. */
import type { Notification } from '../notifications/notify.ts';
import type { MonthsSpend } from './firing.ts';
import { organizationScope, type SpendAlert, thresholdMicroUsd } from './spend-alert.ts';

/** What is known of the scope besides its spend. */
export type Spender = {
  /** Null for the organization. */
  readonly projectName: string | null;
  readonly spendLimitMicroUsd: number | null;
};

/** `$1,234.56`, rounded down: what is said to be spent is spent. */
export function dollars(microUsd: number): string {
  const cents = Math.floor(microUsd / 10_000);
  const whole = String(Math.floor(cents / 100)).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `$${whole}.${String(cents % 100).padStart(2, '0')}`;
}

const monthNames = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** `November 2026` for `2026-11`. */
export function monthName(month: string): string {
  const [year = '', number = ''] = month.split('-');
  return `${monthNames[Number(number) - 1] ?? number} ${year}`;
}

/** All that SNS takes: printable ASCII. An accent goes, a line break is a space, and of other scripts a question mark is left. */
const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\s\p{C}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();

const maxSubjectLength = 100;

/** The name comes last and is shortened first: without the amounts the line would say nothing. */
function subjectOf({ subjectPrefix, ...alert }: SpendAlert, month: string, who: string): string {
  const prefix = subjectPrefix === null ? '' : `${subjectPrefix} `;
  const subject = plain(
    `${prefix}${dollars(thresholdMicroUsd({ subjectPrefix, ...alert }))} spent in ${month}: ${who}`,
  );
  return subject.length <= maxSubjectLength ? subject : `${subject.slice(0, maxSubjectLength - 3)}...`;
}

function limitLine(limitMicroUsd: number | null, spentMicroUsd: number): string {
  if (limitMicroUsd === null) return 'none';
  const used = limitMicroUsd === 0 ? '' : `, of which ${Math.floor((spentMicroUsd / limitMicroUsd) * 100)} % is used`;
  return `${dollars(limitMicroUsd)} a month${used}`;
}

export function spendAlertNotification(
  alert: SpendAlert,
  { month, spentMicroUsd }: MonthsSpend,
  { projectName, spendLimitMicroUsd }: Spender,
  nowMs: number,
): Notification {
  const { scope, id, recipients } = alert;
  const ofOrganization = scope === organizationScope;
  const who = ofOrganization ? 'the organization' : `project ${projectName ?? scope}`;
  const path = ofOrganization ? '/v1/organization' : `/v1/organization/projects/${scope}`;
  return {
    subject: subjectOf(alert, month, who),
    message: [
      ofOrganization
        ? 'All projects of the organization together have reached a spend alert.'
        : `The project "${projectName ?? scope}" (${scope}) has reached a spend alert.`,
      '',
      `Month:        ${monthName(month)}, in UTC`,
      `Alert at:     ${dollars(thresholdMicroUsd(alert))}`,
      `Spent so far: ${dollars(spentMicroUsd)}`,
      `Spend limit:  ${limitLine(spendLimitMicroUsd, spentMicroUsd)}`,
      `Seen at:      ${new Date(nowMs).toISOString().replace('T', ' ').slice(0, 19)} UTC`,
      `Meant for:    ${recipients.join(', ')}`,
      '',
      'Calls go on until a spend limit stops them. This alert is told once a month; once more if its threshold is raised and reached.',
      `To change or delete it: ${path}/spend_alerts/${id}`,
    ].join('\n'),
    attributes: {
      kind: 'spend_alert',
      scope,
      alert_id: id,
      month,
      threshold_cents: String(alert.thresholdCents),
      spent_micro_usd: String(spentMicroUsd),
      recipients: recipients.join(','),
    },
  };
}

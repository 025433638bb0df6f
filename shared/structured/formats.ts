/**
 * The formats that are held to, which are those that OpenAI knows; any other is an annotation.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
import { isIPv4, isIPv6 } from 'node:net';

const daysOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (day === undefined) return false;
  const inYear = Number(month) >= 1 && Number(month) <= 12;
  // The Gregorian calendar repeats itself; years before 100 would be taken for those of the last century.
  return inYear && Number(day) >= 1 && Number(day) <= daysOf(2_000 + (Number(year) % 400), Number(month));
}

function isTime(text: string): boolean {
  const pattern = /^(\d\d):(\d\d):(\d\d)(?:\.\d{1,100})?(?:[Zz]|[+-](\d\d):(\d\d))$/;
  const [, hours, minutes, seconds, offsetHours = '0', offsetMinutes = '0'] = pattern.exec(text) ?? [];
  if (seconds === undefined) return false;
  const inDay = (hour: string | undefined, minute: string | undefined) => Number(hour) <= 23 && Number(minute) <= 59;
  // 60: a leap second.
  return inDay(hours, minutes) && inDay(offsetHours, offsetMinutes) && Number(seconds) <= 60;
}

const isDateTime = (text: string): boolean =>
  /^.{10}[Tt ]/.test(text) && isDate(text.slice(0, 10)) && isTime(text.slice(11));

/** https://www.rfc-editor.org/rfc/rfc3339#appendix-A */
function isDuration(text: string): boolean {
  if (/^P\d{1,20}W$/.test(text)) return true;
  const [, date, time] = /^P([0-9YMD]{0,70})(?:T([0-9HMS]{1,70}))?$/.exec(text) ?? [];
  if (date === undefined || (date === '' && time === undefined)) return false;
  return isOf(date, 'YMD') && isOf(time ?? '', 'HMS');
}

/** Numbers with units, each once and in their order. */
function isOf(text: string, units: string): boolean {
  const parts = text.match(/\d{1,20}[A-Z]/g) ?? [];
  const places = parts.map((part) => units.indexOf(part.slice(-1)));
  return parts.join('') === text && places.every((place, index) => place > (places[index - 1] ?? -1));
}

const isHostname = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((label) => /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label));

/** The form without quotes. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  const isLocal =
    local.length <= 64 && local.split('.').every((atom) => /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+$/.test(atom));
  return isLocal && isHostname(text.slice(at + 1));
}

export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isDateTime,
  date: isDate,
  time: isTime,
  duration: isDuration,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIPv4,
  // Without the zone that an address of a machine's own network may have.
  ipv6: (text) => !text.includes('%') && isIPv6(text),
  uuid: (text) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(text),
};

export const isKnownFormat = (name: unknown): name is string =>
  typeof name === 'string' && Object.hasOwn(formats, name);

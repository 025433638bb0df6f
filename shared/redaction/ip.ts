/**
 * IP addresses. Left alone: those that name no machine but one's own (loopback, unspecified, masks), and what is said to be
 * a version. Four numbers with dots are an address otherwise, `1.2.3.4` too.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { Span } from './entity.ts';

const version4 = /(?<![\w.@-]|\w\/)\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\w|-\d)/g;
const saidToBeVersion = /(?:\b(?:v|ver|version|release|build|firmware)\b[\s.:="'(]*|\bv)(?:(?:is|was|to)\s)?$/i;
const ownOrNone = /^(?:0\.0\.0\.0|127\.|255\.255\.)/;

const version6 = /(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\.\d{1,3}\.\d{1,3}\.\d{1,3})?(?![\w:])/g;

/** `::` alone, `::1`, and what is as likely a name of C++: at least two groups with a digit among them. */
const namesMachine = (address: string): boolean =>
  /\d/.test(address) && address.split(':').filter((group) => group !== '').length >= 2;

export function ipAddresses(text: string): Span[] {
  const found: Span[] = [];
  if (text.includes('.')) {
    for (const { index, 0: address } of text.matchAll(version4)) {
      if (
        !isIPv4(address) ||
        ownOrNone.test(address) ||
        saidToBeVersion.test(text.slice(Math.max(0, index - 24), index))
      )
        continue;
      found.push({ start: index, end: index + address.length });
    }
  }
  if (text.indexOf(':') !== text.lastIndexOf(':')) {
    for (const { index, 0: address } of text.matchAll(version6)) {
      if (namesMachine(address) && isIPv6(address)) found.push({ start: index, end: index + address.length });
    }
  }
  return found;
}

/** Which addresses are of the public Internet: for `import()`, since most calls need no table of ranges (infra/build/lazy-modules.ts). */
import ipaddr from 'ipaddr.js';

/** Azure answers there with what its machines may know; it is no private range. */
const hostOfAzure = '168.63.129.16';

/** What is not one of these is for special use, or nobody's yet: https://www.iana.org/assignments/ipv6-address-space */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Unicast, and in none of the ranges for special use: private, loopback, link-local (metadata among it), shared,
 * multicast, reserved, nor an IPv6 address that hides an IPv4 one (mapped, translated, 6to4, Teredo).
 */
export function isPublicAddress(text: string): boolean {
  // Four parts, in decimal: the other notations of an IPv4 address are for nobody but who wants to hide it.
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return false;
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6 ? address.match(globalUnicast) : address.toString() !== hostOfAzure;
}

/** 127.0.0.0/8 and ::1. */
export const isLoopbackAddress = (text: string): boolean =>
  ipaddr.isValid(text) && ipaddr.parse(text).range() === 'loopback';

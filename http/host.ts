// Host and :authority: which characters they hold, and the name inside, for routing (security.md R3).
import { MAX_HOST_LENGTH } from './limits.ts';

// uri-host [":" port] of RFC 9110 §7.2 without userinfo and percent-encoding: names, IPv4, bracketed IPv6.
const HOST_VALUE = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

export function isHostValue(value: string): boolean {
  return value.length <= MAX_HOST_LENGTH && HOST_VALUE.test(value);
}

/**
 * The name of a host value that isHostValue accepts: lower case, without its port. A trailing dot stays: it is not
 * the name that a certificate holds, so it matches no route.
 */
export function hostName(value: string): string {
  const portAt = value.lastIndexOf(':');
  const name = portAt > value.lastIndexOf(']') ? value.substring(0, portAt) : value;
  return name.toLowerCase();
}

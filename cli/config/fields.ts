// The kinds of values that settings are made of: each takes what a person writes and says what it must be instead.
import { isClusterName } from '../../http/index.ts';
import { z } from 'zod';
import {
  isDnsName,
  isJoinToken,
  parseDuration,
  parseGuid,
  parseHttpsOrigin,
  parseListenAddress,
  parseProcessCount,
  parseProxyUrl,
} from './parse-text.ts';

const MAX_TEXT = 2048;

/** A text that `parse` turns into a value; `undefined` means it is none, and the setting then "must be ...". */
function parsed<T>(mustBe: string, parse: (text: string) => T | undefined) {
  return z
    .string({ error: ({ input }) => (input === undefined ? undefined : `must be ${mustBe}`) })
    .max(MAX_TEXT)
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `must be ${mustBe}` });
      return z.NEVER;
    });
}

export const guid = () => parsed('a GUID such as 11111111-2222-3333-4444-555555555555', parseGuid);
export const httpsOrigin = () =>
  parsed('an https address without a path, such as https://relay.example.com', parseHttpsOrigin);
export const dnsName = () =>
  parsed('a DNS name in lower case, such as clusters.example.com', (text) =>
    isDnsName(text) ? text : undefined,
  );
export const listenAddress = () =>
  parsed('an address and a port, such as 0.0.0.0:8443 or [::1]:8443', parseListenAddress);
export const clusterName = () =>
  parsed('a cluster name (a-z, 0-9 and -, at most 63), and not * for all', (text) =>
    isClusterName(text) ? text : undefined,
  );
export const clusterPattern = () =>
  parsed('a cluster name (a-z, 0-9 and -, at most 63) or *', (text) =>
    text === '*' || isClusterName(text) ? text : undefined,
  );
export const joinToken = () =>
  parsed('a join token as `cluster-connect cluster add` prints it', (text) =>
    isJoinToken(text) ? text : undefined,
  );
export const proxyAddress = () =>
  parsed('http://host:port (a user and a password stand before the host), or the word direct', (text) =>
    text === 'direct' ? text : parseProxyUrl(text),
  );

/** A duration from `minMs` to `maxMs`; `range` says so in words. */
export const duration = (minMs: number, maxMs: number, range: string) =>
  parsed(`a duration such as 30s, 5m or 1h, ${range}`, (text) => {
    const ms = parseDuration(text);
    return ms === undefined || ms < minMs || ms > maxMs ? undefined : ms;
  });

/** A path; relative ones start at the settings file, or at the working directory when set elsewhere. */
export const path = () => parsed('a path', (text) => (text === '' || text.includes('\0') ? undefined : text));

export const shortText = () =>
  parsed('a text without blanks', (text) => (/^\S+$/.test(text) ? text : undefined));

/** `namespace:name`, as in the name of its user without `system:serviceaccount:`. */
export const serviceAccount = () =>
  parsed('namespace:name of a ServiceAccount', (text) =>
    /^[a-z0-9][-a-z0-9]{0,62}:[a-z0-9][-.a-z0-9]{0,252}$/.test(text) ? text : undefined,
  );

/** A number in the file, a text in a flag or a variable. */
export const processCount = (max: number) => {
  const mustBe = `must be auto or a whole number, 1 to ${max}`;
  return z.union([z.string().max(MAX_TEXT), z.number()], { error: mustBe }).transform((value, context) => {
    const count = parseProcessCount(String(value), max);
    if (count !== undefined) return count;
    context.addIssue({ code: 'custom', message: mustBe });
    return z.NEVER;
  });
};

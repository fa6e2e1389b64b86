// One id for a request on all hops, in every log and in the apiserver's audit (Audit-Id). Unique, not secret.
import { randomBytes } from 'node:crypto';

// A process's ids share 64 random bits; a counter tells them apart, ten times cheaper than a UUID for each.
const PREFIX = `${randomBytes(8).toString('hex')}-`;
let count = 0;

/** 18 to 28 characters of `0-9 a-z -`. */
export function newRequestId(): string {
  count += 1;
  return PREFIX + count.toString(36);
}

// The table of failures stays small and fair whatever addresses fail.
import { describe, expect, it } from 'vitest';
import { addressKey, createFailureLimiter } from '../../../gateway/api/failure-limiter.ts';

const limiterOf = (maxAddresses = 3) =>
  createFailureLimiter({ maxFailures: 2, windowMs: 10_000, maxAddresses });

describe('createFailureLimiter', () => {
  it('lets an address fail as often as allowed in a window, then tells the seconds to wait', () => {
    const limiter = limiterOf();
    limiter.countFailure('a', 0);
    expect(limiter.retryAfterSeconds('a', 1)).toBe(0);
    limiter.countFailure('a', 5000);
    expect(limiter.retryAfterSeconds('a', 5000)).toBe(5);
    expect(limiter.retryAfterSeconds('a', 9999)).toBe(1);
    expect(limiter.retryAfterSeconds('a', 10_000)).toBe(0);
    limiter.countFailure('a', 10_000);
    expect(limiter.retryAfterSeconds('a', 10_000)).toBe(0);
  });

  it('forgets the oldest address when the table is full, and counts the newest', () => {
    const limiter = limiterOf();
    for (const address of ['a', 'b', 'c']) {
      limiter.countFailure(address, 0);
      limiter.countFailure(address, 0);
    }
    limiter.countFailure('d', 1);
    limiter.countFailure('d', 1);
    const held = ['a', 'b', 'c', 'd'].map((address) => limiter.retryAfterSeconds(address, 1) > 0);
    expect(held).toEqual([false, true, true, true]);
  });

  it('D5: stays bounded under a million addresses', () => {
    const limiter = limiterOf(100);
    const heapBefore = process.memoryUsage().heapUsed;
    for (let index = 0; index < 1_000_000; index += 1) limiter.countFailure(`address-${index}`, index);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(60 * 1024 * 1024);
  });
});

describe('addressKey', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', ''],
    ['not an address', 'not an address'],
  ])('of %j is %j', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

// A client's request that nobody carries further, with the parts that a test looks at.
import type { Exchange } from '../../gateway/edge/exchange.ts';

export function exchangeDouble(parts: Partial<Exchange>): Exchange {
  return {
    slot: -1,
    httpVersion: '2.0',
    method: 'GET',
    target: '/api',
    rawHeaders: [],
    hasBody: false,
    serverName: '',
    remoteAddress: '',
    isUpgrade: false,
    isGone: false,
    isCutShort: false,
    isBehind: false,
    listen: () => undefined,
    pauseBody: () => undefined,
    resumeBody: () => undefined,
    respond: () => undefined,
    write: () => true,
    end: () => undefined,
    abort: () => undefined,
    ...parts,
  };
}

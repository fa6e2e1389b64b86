import { describe, expect, it } from 'vitest';
import {
  checkDeclinedUpgrade,
  checkSwitchingProtocols,
  checkUpgradeTarget,
  parseUpgrade,
} from '../../http/index.ts';
import type { UpgradeRequest } from '../../http/index.ts';
import { codeOf } from './codes.ts';

const WEBSOCKET: UpgradeRequest = {
  method: 'GET',
  upgrade: 'websocket',
  connectionUpgrade: true,
  bodyLength: 0,
};

describe('a wish to upgrade', () => {
  it.each<[string, Partial<UpgradeRequest>, string]>([
    ['a WebSocket', {}, 'websocket'],
    ['a WebSocket in other letters', { upgrade: 'WebSocket' }, 'websocket'],
    ['SPDY by POST', { upgrade: 'SPDY/3.1', method: 'POST' }, 'SPDY/3.1'],
    ['SPDY by GET', { upgrade: 'spdy/3.1' }, 'SPDY/3.1'],
    ['nothing', { upgrade: '' }, ''],
  ])('for %s is understood', (_, request, token) => {
    expect(parseUpgrade({ ...WEBSOCKET, ...request })).toBe(token);
  });

  it.each<[string, Partial<UpgradeRequest>]>([
    ['U3: h2c', { upgrade: 'h2c' }],
    ['U3: TLS/1.0', { upgrade: 'TLS/1.0' }],
    ['U3: SPDY/3', { upgrade: 'SPDY/3' }],
    ['U3: a list', { upgrade: 'websocket, h2c' }],
    ['U3: a list of one twice', { upgrade: 'websocket,websocket' }],
    ['U3: a space', { upgrade: 'websocket ' }],
    ['U3: no Connection option', { connectionUpgrade: false }],
    ['U3: a WebSocket by POST', { method: 'POST' }],
    ['U3: SPDY by PUT', { upgrade: 'SPDY/3.1', method: 'PUT' }],
    ['U4: a length', { bodyLength: 5 }],
    ['U4: chunks', { bodyLength: -1 }],
  ])('%s is refused', (_, request) => {
    expect(codeOf(() => parseUpgrade({ ...WEBSOCKET, ...request }))).toBe('CC_ERR_HTTP_BAD_UPGRADE');
  });
});

describe('the path of an upgrade', () => {
  it.each([
    '/api/v1/namespaces/x/pods/y/exec?command=ls&stdin=true',
    '/api/v1/namespaces/x/pods/y/attach?stdout=true',
    '/api/v1/namespaces/x/pods/y/portforward',
    '/api/v1/namespaces/x/pods/y/log?follow=true',
    '/api/v1/namespaces/x/pods/y:80/proxy',
    '/api/v1/namespaces/x/services/https:y:443/proxy/a/b?c',
    '/api/v1/nodes/n/proxy/exec/x/y',
    '/apis/subresources.kubevirt.io/v1/namespaces/x/virtualmachineinstances/y/portforward',
    '/api/v1/pods?watch=true',
    '/apis/apps/v1/namespaces/x/deployments?limit=1&watch=1&a=b',
    '/api/v1/watch/namespaces/x/pods',
    '/apis/apps/v1/watch/deployments',
  ])('U3: may be %s', (target) => {
    expect(codeOf(() => checkUpgradeTarget(target))).toBe('passes');
  });

  it.each([
    '/',
    '/api/v1/pods',
    '/api/v1/pods?watch=false',
    '/api/v1/pods?xwatch=true',
    '/api/v1/pods?watch=truex',
    '/api/v1/secrets',
    '/api/v1/namespaces/x/pods/y',
    '/api/v1/namespaces/x/pods/y/execute',
    '/api/v1/namespaces/x/pods/y/exec/z',
    '/api/v1/namespaces/x/pods/y/status?x=/exec',
    '/exec',
    '/version/a/b/exec',
    '/healthz?x=watch=true/',
    '/apis/watch/v1',
  ])('U3: may not be %s', (target) => {
    expect(codeOf(() => checkUpgradeTarget(target))).toBe('CC_ERR_HTTP_UPGRADE_PATH');
  });

  it('R1: is checked as a target first', () => {
    expect(codeOf(() => checkUpgradeTarget('/api/v1/namespaces/x/pods/../exec'))).toBe(
      'CC_ERR_HTTP_BAD_TARGET',
    );
  });
});

describe('the answer to an upgrade', () => {
  const good = [
    'Upgrade',
    'websocket',
    'Connection',
    'Upgrade',
    'Sec-WebSocket-Accept',
    'a',
    'Sec-WebSocket-Protocol',
    'p',
  ];

  it('is ready to be written, once more at the next hop', () => {
    const headers = checkSwitchingProtocols('websocket', 101, [
      ...good,
      'Set-Cookie',
      'a=b',
      'Keep-Alive',
      'x',
    ]);
    expect(headers).toEqual([
      'connection',
      'Upgrade',
      'upgrade',
      'websocket',
      'sec-websocket-accept',
      'a',
      'sec-websocket-protocol',
      'p',
    ]);
    expect(checkSwitchingProtocols('websocket', 101, headers)).toEqual(headers);
  });

  it('may spell its protocol in other letters and answer SPDY', () => {
    const answer = [
      'connection',
      'keep-alive, Upgrade',
      'upgrade',
      'SPDY/3.1',
      'X-Stream-Protocol-Version',
      'v5',
      'Content-Length',
      '0',
    ];
    expect(checkSwitchingProtocols('SPDY/3.1', 101, answer)).toEqual([
      'connection',
      'Upgrade',
      'upgrade',
      'SPDY/3.1',
      'x-stream-protocol-version',
      'v5',
    ]);
  });

  it.each<[string, '' | 'websocket' | 'SPDY/3.1', number, string[]]>([
    ['U1: nobody asked for', '', 101, good],
    ['U1: of another protocol', 'SPDY/3.1', 101, good],
    ['U1: without Upgrade', 'websocket', 101, ['Connection', 'Upgrade']],
    ['U1: without Connection', 'websocket', 101, ['Upgrade', 'websocket']],
    ['U1: with another Connection', 'websocket', 101, ['Upgrade', 'websocket', 'Connection', 'close']],
    ['U1: with two protocols', 'websocket', 101, [...good, 'upgrade', 'websocket']],
    ['U1: with a list', 'websocket', 101, ['Upgrade', 'websocket, h2c', 'Connection', 'Upgrade']],
    ['U1: with a body', 'websocket', 101, [...good, 'Content-Length', '5']],
    ['U1: with chunks', 'websocket', 101, [...good, 'Transfer-Encoding', 'chunked']],
    ['U1: that is 404', 'websocket', 404, good],
    ['U2: that is 100', 'websocket', 100, good],
    ['U2: that is 200', 'websocket', 200, good],
    ['U2: that is 302', 'websocket', 302, [...good, 'Location', '/x']],
  ])('is refused when it is one %s', (_, requested, status, headers) => {
    expect(codeOf(() => checkSwitchingProtocols(requested, status, headers))).toBe(
      'CC_ERR_HTTP_UPGRADE_ANSWER',
    );
  });

  it.each([400, 403, 404, 500, 599])('U1: %i is relayed as an ordinary answer', (status) => {
    expect(codeOf(() => checkDeclinedUpgrade(status))).toBe('passes');
  });

  it.each([100, 101, 102, 200, 204, 301, 302, 307, 399])('U2: %i is not relayed', (status) => {
    expect(codeOf(() => checkDeclinedUpgrade(status))).toBe('CC_ERR_HTTP_UPGRADE_ANSWER');
  });
});

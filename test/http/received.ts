// Requests as a listener receives them, with what every good one has.
import { checkRequestHead } from '../../http/index.ts';
import type { CheckedRequest, EdgePolicy, ReceivedRequest } from '../../http/index.ts';
import { codeOf } from './codes.ts';

export const HOST = ['Host', 'gw.example:443'];

export function h1(rawHeaders: readonly string[], more: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return { httpVersion: '1.1', method: 'GET', rawHeaders: [...HOST, ...rawHeaders], ...more };
}

export function h2(rawHeaders: readonly string[], more: Partial<ReceivedRequest> = {}): ReceivedRequest {
  const pseudo = [
    ':method',
    more.method ?? 'GET',
    ':scheme',
    'https',
    ':authority',
    'gw.example',
    ':path',
    '/api',
  ];
  return { httpVersion: '2', method: 'GET', rawHeaders: [...pseudo, ...rawHeaders], hasBody: false, ...more };
}

export function check(request: ReceivedRequest, policy?: EdgePolicy): CheckedRequest {
  return checkRequestHead(request, policy);
}

export function code(request: ReceivedRequest, policy?: EdgePolicy): string {
  return codeOf(() => checkRequestHead(request, policy));
}

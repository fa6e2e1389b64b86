import { describe, expect, it } from 'vitest';
import {
  HTTP_ERRORS,
  HttpError,
  hostName,
  newRequestId,
  statusBody,
  statusHeaders,
} from '../../http/index.ts';
import type { HttpErrorCode, StatusOptions } from '../../http/index.ts';

const STATUS: StatusOptions = {
  code: 403,
  reason: 'Forbidden',
  message: 'no',
  hop: 'gateway',
  requestId: 'id-1',
};

describe('a Status', () => {
  it('is what kubectl reads, names the hop and carries the request id', () => {
    const status: unknown = JSON.parse(
      statusBody({ ...STATUS, message: 'né', errorCode: 'CC_ERR_X' }).toString('utf8'),
    );
    expect(status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'né (gateway, request id id-1)',
      reason: 'Forbidden',
      details: {
        causes: [
          { reason: 'Hop', message: 'gateway' },
          { reason: 'RequestId', message: 'id-1' },
          { reason: 'ErrorCode', message: 'CC_ERR_X' },
        ],
      },
      code: 403,
    });
  });

  it('asks for a new try in whole seconds, in the body and beside it', () => {
    for (const [seconds, whole] of [
      [2, 2],
      [0.2, 1],
      [1.5, 2],
      [0, 1],
    ] as const) {
      const status: StatusOptions = {
        ...STATUS,
        code: 503,
        reason: 'ServiceUnavailable',
        retryAfterSeconds: seconds,
      };
      expect(JSON.parse(statusBody(status).toString())).toHaveProperty('details.retryAfterSeconds', whole);
      expect(statusHeaders(status, 9).slice(-2)).toEqual(['retry-after', `${whole}`]);
    }
  });

  it('has its headers, and those that 401 and 405 owe', () => {
    const headers = [
      'content-type',
      'application/json',
      'content-length',
      '9',
      'cache-control',
      'no-cache, private',
      'x-content-type-options',
      'nosniff',
      'audit-id',
      'id-1',
    ];
    expect(statusHeaders(STATUS, 9)).toEqual(headers);
    expect(statusHeaders({ ...STATUS, code: 401 }, 9)).toEqual([...headers, 'www-authenticate', 'Bearer']);
    expect(statusHeaders({ ...STATUS, code: 401 }, 9, 'Bearer error="x"').at(-1)).toBe('Bearer error="x"');
    expect(statusHeaders({ ...STATUS, code: 405 }, 9).slice(-2)).toEqual([
      'allow',
      'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    ]);
  });
});

describe('an HttpError', () => {
  const codes = Object.keys(HTTP_ERRORS).filter((code): code is HttpErrorCode => code in HTTP_ERRORS);

  it.each(codes)('%s takes status and reason from the table, and keeps its cause', (code) => {
    const cause = new Error('why');
    const error = new HttpError(code, 'text', { cause });
    expect(error).toMatchObject({ code, message: 'text', name: 'HttpError', cause, ...HTTP_ERRORS[code] });
    expect(error.status).toBeGreaterThanOrEqual(400);
    expect(error.status).toBeLessThan(600);
  });

  it('is 401 only for a token problem (client-go runs its plugin again then), and 503 never', () => {
    const statuses = codes.map((code) => [code, HTTP_ERRORS[code].status] as const);
    expect(statuses.filter(([, status]) => status === 401).map(([code]) => code)).toEqual([
      'CC_ERR_HTTP_BAD_CREDENTIALS',
    ]);
    expect(new Set<number>(statuses.map(([, status]) => status)).has(503)).toBe(false);
  });
});

describe('a request id', () => {
  it('is unique, short, and fit for a head and for Audit-Id', () => {
    const ids = Array.from({ length: 10_000 }, newRequestId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}-[0-9a-z]{1,11}$/);
  });
});

describe('a host name', () => {
  it.each([
    ['GW.Example:443', 'gw.example'],
    ['gw', 'gw'],
    ['gw.', 'gw.'],
    ['127.0.0.1:1', '127.0.0.1'],
    ['[::1]:443', '[::1]'],
    ['[::1]', '[::1]'],
  ])('R3: of %s is %s', (value, name) => expect(hostName(value)).toBe(name));
});

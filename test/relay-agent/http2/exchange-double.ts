// An exchange that writes down what it hears of one request, and a pool to send it with.
import { createSecureContext } from 'node:tls';
import { expect } from 'vitest';
import type { Dispatcher } from 'undici';
import { Http2Pool } from '../../../relay-agent/http2/index.ts';
import type { Http2PoolOptions } from '../../../relay-agent/http2/http2-pool.ts';
import { connectUpstream } from '../../../relay-agent/tls-connect.ts';
import type { UpstreamRequest } from '../../../relay-agent/upstream-request.ts';
import { testAuthority } from '../../support/test-authority.ts';

export class ExchangeDouble implements Dispatcher.DispatchHandler {
  /** How often it was sent. */
  starts = 0;
  status = 0;
  headers: readonly string[] = [];
  error: unknown;
  bytes = 0;
  ends = 0;
  readonly chunks: Buffer[] = [];
  private controller: Dispatcher.DispatchController | undefined = undefined;
  private onNews: () => void = () => undefined;

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.starts += 1;
    this.controller = controller;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    expect(this.status).toBe(0);
    this.status = status;
    const raw = controller.rawHeaders;
    this.headers = Array.isArray(raw) ? raw.map(String) : [];
    this.onNews();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.bytes += chunk.byteLength;
    this.chunks.push(Buffer.from(chunk));
    this.onNews();
  }

  onResponseEnd(): void {
    this.ends += 1;
    this.onNews();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: unknown): void {
    this.ends += 1;
    this.error = error;
    this.onNews();
  }

  get control(): Dispatcher.DispatchController {
    if (this.controller === undefined) throw new Error('it has not been sent');
    return this.controller;
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  async until(isTrue: (exchange: this) => boolean): Promise<this> {
    while (!isTrue(this)) {
      await new Promise<void>((resolve) => {
        this.onNews = resolve;
      });
    }
    return this;
  }

  /** Until it is over; it is over once. */
  async done(): Promise<this> {
    await this.until(({ ends }) => ends > 0);
    expect(this.ends).toBe(1);
    return this;
  }
}

export const GET: UpstreamRequest = {
  method: 'GET',
  target: '/api',
  headers: ['authorization', 'Bearer agent'],
  body: null,
};

export function poolTo(port: number, options: Partial<Http2PoolOptions> = {}): Http2Pool {
  const secureContext = createSecureContext({ ca: testAuthority().certificatePem });
  return new Http2Pool({
    authority: `127.0.0.1:${port}`,
    connect: (signal) => connectUpstream({ host: '127.0.0.1', port, secureContext }, signal),
    otherwise: () => {
      throw new Error('HTTP/1.1 is not expected');
    },
    keepAliveMs: 60_000,
    ...options,
  });
}

export function send(pool: Http2Pool, request: Partial<UpstreamRequest> = {}): ExchangeDouble {
  const exchange = new ExchangeDouble();
  pool.dispatch({ ...GET, ...request }, exchange);
  return exchange;
}

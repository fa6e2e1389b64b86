// The light HTTP/1.1 client: TLS sockets and one prebuilt request. autocannon costs more than twice as much CPU for each
// request, and on a small machine the load then takes what it is meant to measure.
import { AnswerReader } from './answer-reader.ts';
import type { AnswerSink } from './answer-reader.ts';
import type { LoadClient, LoadSpec } from './load-client.ts';
import { requestBytes } from './request-bytes.ts';
import { RoundMeter } from './round-meter.ts';
import { openTlsSocket } from './tls-socket.ts';
import type { LoadSocket } from './tls-socket.ts';

export function createHttp1Client(spec: LoadSpec): LoadClient {
  const meter = new RoundMeter(spec.expectedBody);
  const request = requestBytes('GET', spec);
  let loops: Http1Loop[] = [];
  return {
    open: async () => {
      loops = await Promise.all(
        Array.from({ length: spec.connections }, async () => {
          const loop = new Http1Loop(request, meter);
          await loop.open(spec);
          return loop;
        }),
      );
    },
    run: (durationMs) =>
      meter.run(durationMs, () => {
        for (const loop of loops) loop.send();
      }),
    close: () => {
      for (const loop of loops) loop.close();
    },
  };
}

class Http1Loop implements AnswerSink {
  private readonly request: Buffer;
  private readonly meter: RoundMeter;
  private socket: LoadSocket | undefined = undefined;
  private sentMs = 0;
  private body: Buffer[] | undefined = undefined;

  constructor(request: Buffer, meter: RoundMeter) {
    this.request = request;
    this.meter = meter;
  }

  async open(spec: LoadSpec): Promise<void> {
    const reader = new AnswerReader(this);
    this.socket = await openTlsSocket(spec, 'http/1.1', {
      onBytes: (bytes) => reader.push(bytes),
      onFailure: (error) => this.meter.fail(error),
    });
  }

  send(): void {
    this.body = this.meter.request() ? [] : undefined;
    this.sentMs = performance.now();
    this.socket?.write(this.request);
  }

  onBody(bytes: Buffer): void {
    this.body?.push(Buffer.from(bytes));
  }

  onAnswer(status: number, bodyBytes: number): void {
    if (this.meter.answer(this.sentMs, status, bodyBytes, this.body)) this.send();
  }

  close(): void {
    this.socket?.close();
  }
}

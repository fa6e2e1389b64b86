// A new TLS connection for each request, as a kubectl that is started anew has it: what the handshake costs.
import { connect, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { AnswerReader } from './answer-reader.ts';
import type { LoadClient, LoadSpec } from './load-client.ts';
import { requestBytes } from './request-bytes.ts';
import { RoundMeter } from './round-meter.ts';

export function createNewConnectionClient(spec: LoadSpec): LoadClient {
  const meter = new RoundMeter(spec.expectedBody);
  // Once: a CA that is read for each connection would cost the load as much as the handshake.
  const secureContext = createSecureContext({ ca: spec.ca });
  const request = requestBytes('GET', { ...spec, headers: [...spec.headers, 'connection', 'close'] });
  const loops = Array.from(
    { length: spec.connections },
    () => new NewConnectionLoop(spec, secureContext, request, meter),
  );
  return {
    open: () => Promise.resolve(),
    run: (durationMs) =>
      meter.run(durationMs, () => {
        for (const loop of loops) loop.next();
      }),
    close: () => {
      for (const loop of loops) loop.close();
    },
  };
}

class NewConnectionLoop {
  private readonly spec: LoadSpec;
  private readonly secureContext: SecureContext;
  private readonly request: Buffer;
  private readonly meter: RoundMeter;
  private session: Buffer | undefined = undefined;
  private closeCurrent = (): void => undefined;

  constructor(spec: LoadSpec, secureContext: SecureContext, request: Buffer, meter: RoundMeter) {
    this.spec = spec;
    this.secureContext = secureContext;
    this.request = request;
    this.meter = meter;
  }

  /** The latency of a request is that of its connection too. */
  next(): void {
    const { spec, secureContext, meter, session } = this;
    const body: Buffer[] | undefined = meter.request() ? [] : undefined;
    const sentMs = performance.now();
    let isOver = false;
    const end = (): void => {
      isOver = true;
      socket.destroy();
    };
    const fail = (error: Error): void => {
      if (isOver) return;
      end();
      meter.fail(error);
    };
    const reader = new AnswerReader({
      onBody: (bytes) => void body?.push(Buffer.from(bytes)),
      onAnswer: (status, bodyBytes) => {
        end();
        if (meter.answer(sentMs, status, bodyBytes, body)) this.next();
      },
    });
    const socket = connect({
      host: spec.host,
      port: spec.port,
      secureContext,
      ...(spec.serverName === '' ? {} : { servername: spec.serverName }),
      ...(session === undefined ? {} : { session }),
      ALPNProtocols: ['http/1.1'],
    });
    this.closeCurrent = end;
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      if (socket.isSessionReused()) meter.resume();
      socket.write(this.request);
    });
    if (spec.connecting === 'each-resumed') {
      socket.on('session', (ticket) => {
        this.session = ticket;
      });
    }
    socket.on('data', (bytes: Buffer) => {
      try {
        if (!isOver) reader.push(bytes);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection before its answer')));
  }

  close(): void {
    this.closeCurrent();
  }
}

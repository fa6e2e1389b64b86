// HTTP/2 by node:http2, to check the light client against one that others know. It costs more CPU for each request than the
// server that it asks: what it measures on a small machine is a lower bound.
import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';
import type { LoadClient, LoadSpec } from './load-client.ts';
import { RoundMeter } from './round-meter.ts';

export function createNodeHttp2Client(spec: LoadSpec): LoadClient {
  const meter = new RoundMeter(spec.expectedBody);
  const headers = requestHeaders(spec);
  let sessions: ClientHttp2Session[] = [];
  let closed = false;

  const open = (): Promise<ClientHttp2Session> =>
    new Promise((resolve, reject) => {
      const session = connect(`https://${spec.host}:${spec.port}`, {
        ca: spec.ca,
        ...(spec.serverName === '' ? {} : { servername: spec.serverName }),
        settings: { enablePush: false },
      });
      session.once('error', reject);
      // Not `connect`: only after the server's settings is it known how many streams it takes.
      session.once('remoteSettings', () => {
        session.off('error', reject);
        session.on('error', (error) => meter.fail(error));
        session.on('close', () => {
          if (!closed) meter.fail(new Error('the server closed a connection'));
        });
        resolve(session);
      });
    });

  const send = (session: ClientHttp2Session): void => {
    const body: Buffer[] | undefined = meter.request() ? [] : undefined;
    let status = 0;
    let bytes = 0;
    const sentMs = performance.now();
    const stream: ClientHttp2Stream = session.request(headers, { endStream: true });
    stream.on('response', (answer) => {
      status = answer[':status'] ?? 0;
    });
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      body?.push(chunk);
    });
    stream.on('end', () => {
      if (meter.answer(sentMs, status, bytes, body)) send(session);
    });
    stream.on('error', (error) => meter.fail(error));
  };

  return {
    open: async () => {
      sessions = await Promise.all(Array.from({ length: spec.connections }, open));
    },
    run: (durationMs) =>
      meter.run(durationMs, () => {
        for (const session of sessions) for (let at = 0; at < spec.streams; at += 1) send(session);
      }),
    close: () => {
      closed = true;
      for (const session of sessions) session.destroy();
    },
  };
}

function requestHeaders(spec: LoadSpec): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': 'GET',
    ':scheme': 'https',
    ':authority': `${spec.host}:${spec.port}`,
    ':path': spec.path,
  };
  for (let at = 0; at < spec.headers.length; at += 2) headers[spec.headers[at] ?? ''] = spec.headers[at + 1];
  return headers;
}

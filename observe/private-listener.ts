// /healthz, /readyz and /metrics, in plain HTTP on an address that is not for the public.
import { createServer } from 'node:http';
import { boundPort } from './bound-port.ts';
import type { Metrics } from './metrics.ts';

export interface PrivateListener {
  readonly url: string;
  close(): Promise<void>;
}

export interface PrivateListenerOptions {
  readonly metrics: Pick<Metrics, 'render'>;
  /** Whether new work should be sent here: false while starting and while draining. */
  isReady(): boolean;
}

const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 10_000;

export async function startPrivateListener(
  address: { readonly host: string; readonly port: number },
  options: PrivateListenerOptions,
): Promise<PrivateListener> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const send = (status: number, contentType: string, body: string): void => {
      response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
      response.end(body);
    };
    const path = (request.url ?? '').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(405, 'text/plain', 'only GET\n');
    } else if (path === '/healthz') {
      send(200, 'text/plain', 'ok\n');
    } else if (path === '/readyz') {
      const ready = options.isReady();
      send(ready ? 200 : 503, 'text/plain', ready ? 'ok\n' : 'not ready\n');
    } else if (path === '/metrics') {
      options.metrics.render().then(
        ({ contentType, body }) => send(200, contentType, body),
        () => send(500, 'text/plain', 'the metrics could not be read\n'),
      );
    } else {
      send(404, 'text/plain', 'there is /healthz, /readyz and /metrics\n');
    }
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  const port = boundPort(server);
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// The process of the baseline: http-proxy as one hop, TLS on both sides, without authentication, set up as well as one
// would for production. The CA comes in NODE_EXTRA_CA_CERTS: given as an option, the agent would build a key with it each time.
import { Agent, createServer } from 'node:https';
import httpProxy from 'http-proxy';
import { z } from 'zod';
import { listenOnFreePort } from '../listen.ts';
import { serveParent } from './serve-parent.ts';

const startSchema = z.object({ cert: z.string(), key: z.string(), targetPort: z.int() });
const HOST = '127.0.0.1';

serveParent({
  start: async (params) => {
    const { cert, key, targetPort } = startSchema.parse(params);
    const proxy = httpProxy.createProxyServer({
      target: { protocol: 'https:', host: HOST, port: targetPort },
      agent: new Agent({ keepAlive: true, maxFreeSockets: 1024 }),
      secure: true,
      xfwd: false,
    });
    proxy.on('error', (_error, _request, response) => {
      if ('writeHead' in response) response.writeHead(502).end();
      else response.destroy();
    });
    const server = createServer(
      { cert, key, noDelay: true, keepAliveTimeout: 90_000 },
      (request, response) => {
        proxy.web(request, response);
      },
    );
    server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
    return { port: await listenOnFreePort(server) };
  },
});

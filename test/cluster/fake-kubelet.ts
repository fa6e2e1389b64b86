// Answers the apiserver where a kubelet would: container logs as the test says, and refusals. It runs nothing.
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { ApiserverClient } from '../../demo/control-plane/index.ts';
import { createAuthority } from '../../gateway/index.ts';

const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 29\r\n\r\nthe kubelet does not allow it';

export type KubeletHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeKubelet {
  /** What the apiserver asks for next at this path, such as `/containerLogs/<namespace>/<pod>/<container>`. */
  handle(path: string, handler: KubeletHandler): void;
  close(): Promise<void>;
}

/** Joins the cluster as a node of that name; a pod is on it when its `spec.nodeName` says so. */
export async function startFakeKubelet(admin: ApiserverClient, nodeName: string): Promise<FakeKubelet> {
  const handlers = new Map<string, KubeletHandler>();
  const { certificatePem, privateKeyPem } = createAuthority('fake kubelet').issueServerCertificate({
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  const server = createServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
    const handler = handlers.get((request.url ?? '').split('?')[0] ?? '');
    if (handler !== undefined) handler(request, response);
    else
      response
        .writeHead(404, { 'content-type': 'text/plain' })
        .end('the kubelet knows of no such container\n');
  });
  // An upgraded socket is no longer the server's: whoever answers it also closes it.
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => undefined);
    socket.end(REFUSAL, () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await admin.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
    },
  });
  return {
    handle: (path, handler) => void handlers.set(path, handler),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

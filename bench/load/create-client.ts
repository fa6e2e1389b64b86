// Which client measures what.
import { createAutocannonClient } from './autocannon-client.ts';
import { createHttp1Client } from './http1-client.ts';
import { createHttp2Client } from './http2-client.ts';
import type { LoadClient, LoadSpec } from './load-client.ts';
import { createNewConnectionClient } from './new-connection-client.ts';
import { createNodeHttp2Client } from './node-http2-client.ts';

type Choice = Pick<LoadSpec, 'client' | 'protocol' | 'connecting'>;

/** autocannon speaks HTTP/1.1 only: whoever asks for a load that others know gets node:http2 beside it. */
const CLIENTS = {
  http1: {
    light: { name: 'the light client (bench/load/http1-client.ts)', create: createHttp1Client },
    autocannon: { name: 'autocannon 9.0.0', create: createAutocannonClient },
  },
  http2: {
    light: { name: 'the light client (bench/load/http2-client.ts)', create: createHttp2Client },
    autocannon: { name: 'node:http2', create: createNodeHttp2Client },
  },
} as const;

const NEW_CONNECTIONS = {
  name: 'the light client (bench/load/new-connection-client.ts)',
  create: createNewConnectionClient,
} as const;

/** What the result says was used. */
export function clientNameOf(choice: Choice): string {
  return chosen(choice).name;
}

export function createClient(spec: LoadSpec): LoadClient {
  return chosen(spec).create(spec);
}

function chosen({ client, protocol, connecting }: Choice) {
  return connecting === 'kept' ? CLIENTS[protocol][client] : NEW_CONNECTIONS;
}

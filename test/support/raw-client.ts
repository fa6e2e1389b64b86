// Bytes on a TLS socket and what comes back: for requests that no client library would send.
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';

export interface RawClientOptions {
  readonly port: number;
  readonly caPem: string;
  readonly serverName: string;
}

export function openRaw(options: RawClientOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: options.port,
      ca: options.caPem,
      servername: options.serverName,
      ALPNProtocols: ['http/1.1'],
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.removeListener('error', reject);
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

/** Sends `bytes` and reads until the other end closes, or until `isComplete` says that it has seen enough. */
export async function sendRaw(
  options: RawClientOptions,
  bytes: string | Buffer,
  isComplete: (received: string) => boolean = () => false,
): Promise<{ readonly received: string; readonly closed: boolean }> {
  const socket = await openRaw(options);
  return new Promise((resolve) => {
    let received = '';
    const finish = (closed: boolean): void => {
      socket.destroy();
      resolve({ received, closed });
    };
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (isComplete(received)) finish(false);
    });
    socket.once('close', () => finish(true));
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

// A TLS socket that reads into one buffer of its own: what both light clients stand on.
import type { OnReadOpts } from 'node:net';
import { connect } from 'node:tls';
import type { LoadSpec } from './load-client.ts';

export interface LoadSocket {
  /** @param onWritten called when the bytes have left this process; never for a socket that failed */
  write(bytes: Buffer, onWritten?: () => void): void;
  /** Ends it without a call of `onFailure`. */
  close(): void;
}

export interface LoadSocketEvents {
  /** @param bytes memory that is used again after the call; what this throws ends the socket and goes to `onFailure` */
  onBytes(bytes: Buffer): void;
  onFailure(error: Error): void;
}

const RECEIVE_BYTES = 64 * 1024;

/** @throws Error when no connection comes up, or none that speaks the protocol */
export function openTlsSocket(
  spec: Pick<LoadSpec, 'host' | 'port' | 'ca' | 'serverName'>,
  protocol: 'h2' | 'http/1.1',
  events: LoadSocketEvents,
): Promise<LoadSocket> {
  return new Promise((resolve, reject) => {
    let closed = false;
    const fail = (error: Error): void => {
      if (!closed) events.onFailure(error);
      closed = true;
      reject(error);
      socket.destroy();
    };
    // tls.connect takes `onread` as net.connect does.
    const onread: OnReadOpts = {
      buffer: Buffer.allocUnsafeSlow(RECEIVE_BYTES),
      callback: (count, buffer) => {
        try {
          if (!closed) events.onBytes(Buffer.from(buffer.buffer, buffer.byteOffset, count));
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      },
    };
    const options = {
      host: spec.host,
      port: spec.port,
      ca: spec.ca,
      ...(spec.serverName === '' ? {} : { servername: spec.serverName }),
      ALPNProtocols: [protocol],
      onread,
    };
    const socket = connect(options);
    socket.setNoDelay(true);
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection')));
    socket.once('secureConnect', () => {
      // http-proxy's server has no ALPN where it is not asked for h2.
      if (protocol === 'h2' && socket.alpnProtocol !== 'h2')
        return fail(new Error('the server does not speak HTTP/2'));
      resolve({
        write: (bytes, onWritten) => {
          if (onWritten === undefined) socket.write(bytes);
          else socket.write(bytes, (error) => void (error ?? onWritten()));
        },
        close: () => {
          closed = true;
          socket.destroy();
        },
      });
    });
  });
}

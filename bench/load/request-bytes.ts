// The head of an HTTP/1.1 request, built once and sent again and again.
import type { LoadSpec } from './load-client.ts';

export type RequestTarget = Pick<LoadSpec, 'host' | 'port' | 'path' | 'headers'>;

/** With the empty line that ends it. */
export function requestBytes(method: 'GET' | 'POST', target: RequestTarget): Buffer {
  let text = `${method} ${target.path} HTTP/1.1\r\nhost: ${target.host}:${target.port}\r\n`;
  for (let at = 0; at < target.headers.length; at += 2) {
    text += `${target.headers[at]}: ${target.headers[at + 1]}\r\n`;
  }
  return Buffer.from(`${text}\r\n`, 'latin1');
}

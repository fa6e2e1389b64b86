// What goes to the apiserver, whatever version of HTTP carries it.
import type { Readable } from 'node:stream';
import type { HeaderList } from '../http/index.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Origin-form, byte for byte what the client sent. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body: Buffer | Readable | null;
  /** How often it has been sent, this time included; 1 when undefined. */
  readonly attempts?: number;
}

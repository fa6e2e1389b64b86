// The head of OPEN between gateways (SPEC §9.3): u8 length of the cluster's name, the name, the request head as it is.
import { isClusterName } from '../../http/index.ts';

const LENGTH_BYTES = 1;

export interface PeerHead {
  readonly clusterName: string;
  /** Opaque here; a view. */
  readonly requestHead: Buffer;
}

/** @throws TypeError for a name that is no cluster's */
export function encodePeerHead(clusterName: string, requestHead: Uint8Array): Buffer {
  if (!isClusterName(clusterName)) throw new TypeError('not the name of a cluster');
  const nameEnd = LENGTH_BYTES + clusterName.length;
  const bytes = Buffer.allocUnsafe(nameEnd + requestHead.byteLength);
  bytes[0] = clusterName.length;
  bytes.write(clusterName, LENGTH_BYTES, 'latin1');
  bytes.set(requestHead, nameEnd);
  return bytes;
}

/** Undefined for a head that is not of this form. */
export function decodePeerHead(bytes: Buffer): PeerHead | undefined {
  const nameEnd = LENGTH_BYTES + (bytes[0] ?? 0);
  if (bytes.byteLength <= nameEnd) return undefined;
  const clusterName = bytes.toString('latin1', LENGTH_BYTES, nameEnd);
  if (!isClusterName(clusterName)) return undefined;
  return { clusterName, requestHead: bytes.subarray(nameEnd) };
}

// Bytes of a test's own as one message, for transports that want room before it.
import type { Transport } from '../../tunnel/index.ts';

export function sendMessage(transport: Transport, bytes: Uint8Array): void {
  transport.send(Buffer.concat([Buffer.alloc(transport.headroomBytes), bytes]));
}

// What can be said on a connection after its 101, when the session breaks off: which protocol it speaks decides.
import type { HeaderList } from './head-types.ts';
import { SpdySession } from './spdy-session.ts';
import type { StatusOptions } from './status-body.ts';
import { WebsocketSession } from './websocket-session.ts';

/** Follows what the client is sent, so that something may be added where it stands. */
export interface SwitchedProtocol {
  /** These bytes are the next that the client is sent. Cheap: nothing is kept of them. */
  follow(chunk: Buffer): void;
  /** An end now would be no end of this protocol: its result is still to come. */
  readonly isCutShort: boolean;
  /** The last bytes, which tell the client why the session breaks off. Empty where nothing fits. */
  farewell(why: StatusOptions): Buffer;
}

/**
 * @param target of the request, behind any prefix
 * @param headers of the 101 as the client gets it
 * @returns undefined where nothing can be said
 */
export function switchedProtocol(target: string, headers: HeaderList): SwitchedProtocol | undefined {
  const isCommand = COMMAND_TARGET.test(target);
  if (valueOf(headers, 'upgrade') === 'websocket') {
    const subprotocol = valueOf(headers, 'sec-websocket-protocol');
    return new WebsocketSession(isCommand && endsWithStatus(subprotocol));
  }
  const version = valueOf(headers, 'x-stream-protocol-version');
  return isCommand && endsWithStatus(version) ? new SpdySession() : undefined;
}

// The kubelet's port-forward over WebSocket speaks v4.channel.k8s.io too, with data and errors of ports on its channels.
const COMMAND_TARGET = /^[^?]*\/pods\/[^/?]+\/(?:exec|attach)(?:\?|$)/;

// exec and attach: from version 4 on, the result of the command is a Status, on a channel (WebSocket) or a stream (SPDY)
// of its own (k8s.io/apimachinery pkg/util/remotecommand).
function endsWithStatus(protocol: string): boolean {
  return protocol === 'v5.channel.k8s.io' || protocol === 'v4.channel.k8s.io';
}

function valueOf(headers: HeaderList, name: string): string {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1] ?? '';
  return '';
}

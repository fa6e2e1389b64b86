// One port-forward: so many bytes of the pattern down, or up, and whether every one of them was right.
import { z } from 'zod';
import {
  FORWARD_SUBPROTOCOL,
  forwardPath,
  monotonicUs,
  PatternSink,
  sendPattern,
  UPLOAD_RIGHT,
  WebsocketReader,
} from '../apiserver/streams/index.ts';
import { createPattern } from '../apiserver/index.ts';
import { streamTargetSchema } from './stream-target.ts';
import { openUpgrade } from './upgrade-socket.ts';

export const forwardSpecSchema = streamTargetSchema.extend({
  token: z.string(),
  direction: z.enum(['down', 'up']),
  bytes: z.int().min(1).max(1e11),
});
export type ForwardSpec = z.infer<typeof forwardSpecSchema>;

export const forwardRoundSchema = z.object({
  /** From the 101 until the last byte was there, at whichever end that is. */
  elapsedMs: z.number(),
  /** As many bytes as were asked for, and each one as it has to be. */
  isRight: z.boolean(),
});
export type ForwardRound = z.infer<typeof forwardRoundSchema>;

const pattern = createPattern();
const FORWARD_TIMEOUT_MS = 90_000;

/** @throws Error when the connection is lost, or the last byte stays away */
export async function runForward({ token, direction, bytes, ...target }: ForwardSpec): Promise<ForwardRound> {
  const whole = Promise.withResolvers<boolean>();
  whole.promise.catch(() => undefined);
  const reader = new WebsocketReader(
    'server',
    direction === 'down' ? new PatternSink(pattern, bytes, whole.resolve) : verdictSink(whole.resolve),
  );
  const request = { path: forwardPath(direction, bytes), subprotocol: FORWARD_SUBPROTOCOL, token };
  let startUs = 0;
  const socket = await openUpgrade(target, request, {
    onBytes: (chunk) => {
      // What flows down may come with the 101.
      if (startUs === 0) startUs = monotonicUs();
      reader.push(chunk);
    },
    onFailure: whole.reject,
  });
  const timer = setTimeout(
    () => whole.reject(new Error('the last byte of a port-forward stayed away')),
    FORWARD_TIMEOUT_MS,
  );
  try {
    if (startUs === 0) startUs = monotonicUs();
    if (direction === 'up') sendPattern('client', socket, pattern, bytes);
    const isRight = await whole.promise;
    return { elapsedMs: (monotonicUs() - startUs) / 1000, isRight };
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** The stand-in says in one message whether all of it was right. */
function verdictSink(onVerdict: (isRight: boolean) => void) {
  let text = '';
  return {
    onMessage: () => {
      text = '';
    },
    onPiece: (piece: Buffer) => {
      text += piece.toString('latin1');
    },
    onMessageEnd: () => onVerdict(text === UPLOAD_RIGHT),
  };
}

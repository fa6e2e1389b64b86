// Watches for those who ask the stand-in in HTTP/2, as a client of a real apiserver does.
import { ANSWER_HEADERS, answerBody } from '../answer.ts';
import type { Http2Request } from '../http2-connection.ts';
import { SMALL_PATH } from '../paths.ts';
import { streamRequest } from './stream-paths.ts';
import type { StreamStandIn } from './stream-server.ts';

const HEAD = [':status', '200', ...ANSWER_HEADERS];

/** @returns what answers one request; it throws for what there is not */
export function createHttp2Watches({
  board,
  witness,
}: Omit<StreamStandIn, 'pattern'>): (request: Http2Request) => void {
  return (request) => {
    if (witness.isNextLookedAt()) witness.look(request.headers);
    // What a route is asked before it is measured: whether it carries requests at all.
    if (request.path === SMALL_PATH) {
      request.respond(HEAD);
      request.write(Buffer.from(answerBody()));
      return request.end();
    }
    const wanted = streamRequest(request.path);
    if (wanted?.kind !== 'watch') throw new RangeError('no such path');
    const { watch } = wanted;
    request.onClose = () => board.remove(watch);
    request.respond(HEAD);
    board.add(watch, { send: (event) => request.write(event) });
  };
}

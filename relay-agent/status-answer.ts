// Answers a stream with a Kubernetes Status of the agent's own, where the apiserver could not be asked or did not answer.
import { encodeAnswerHead, impersonationForbiddenBody, statusBody, statusHeaders } from '../http/index.ts';
import type { ImpersonationRefusal, StatusOptions } from '../http/index.ts';
import type { TunnelStream } from '../tunnel/index.ts';

export function answerStatus(stream: TunnelStream, status: StatusOptions): void {
  answer(stream, status, statusBody(status));
}

/** In the apiserver's own words: who may not impersonate reads the same as without the relay. */
export function answerForbidden(
  stream: TunnelStream,
  refusal: ImpersonationRefusal,
  requestId: string,
): void {
  answer(stream, { code: 403, requestId }, impersonationForbiddenBody(refusal));
}

function answer(stream: TunnelStream, status: Parameters<typeof statusHeaders>[0], body: Buffer): void {
  if (stream.isClosed) return;
  const headers = statusHeaders(status, body.byteLength);
  stream.sendHead(encodeAnswerHead({ status: status.code, headers }));
  stream.write(body);
  stream.end();
}

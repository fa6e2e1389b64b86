// Answers a stream with a Kubernetes Status of the agent's own, where the apiserver could not be asked or did not answer.
import { encodeAnswerHead, statusBody, statusHeaders } from '../http/index.ts';
import type { StatusOptions } from '../http/index.ts';
import type { TunnelStream } from '../tunnel/index.ts';

export function answerStatus(stream: TunnelStream, status: StatusOptions): void {
  if (stream.isClosed) return;
  const body = statusBody(status);
  const headers = statusHeaders(status, body.byteLength);
  stream.sendHead(encodeAnswerHead({ status: status.code, headers }));
  stream.write(body);
  stream.end();
}

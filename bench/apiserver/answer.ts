// The stand-in's one answer: a ConfigMap of exactly 2 KB with the headers that a real apiserver sends.

const BODY_BYTES = 2048;

/** Name and value in turn, lower case, without Content-Length. */
export const ANSWER_HEADERS: readonly string[] = [
  'audit-id',
  '2b7c1f6e-53d0-4f0e-9d0a-6f0d2a1c9b55',
  'cache-control',
  'no-cache, private',
  'content-type',
  'application/json',
  'x-kubernetes-pf-flowschema-uid',
  'a8f3c1d2-7f64-4a1b-8b61-0c5de2a9b7f1',
  'x-kubernetes-pf-prioritylevel-uid',
  'c41b7d90-2e5a-4c38-9f17-5be08d3a6e24',
  'date',
  'Thu, 01 Jan 2026 00:00:00 GMT',
];

export function answerBody(): string {
  const render = (text: string): string =>
    JSON.stringify({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        name: 'bench',
        namespace: 'default',
        uid: '0f6a3f0e-6f0c-4a43-9a3a-1d6d9f3f7a10',
        resourceVersion: '4711',
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      data: { text },
    });
  const text = 'ships leave the harbour with the tide; '.repeat(60);
  return render(text.slice(0, BODY_BYTES - render('').length));
}

export function http1Answer(body: string): Buffer {
  let head = 'HTTP/1.1 200 OK\r\n';
  for (let at = 0; at < ANSWER_HEADERS.length; at += 2)
    head += `${ANSWER_HEADERS[at]}: ${ANSWER_HEADERS[at + 1]}\r\n`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, 'latin1');
}

// Reads a Kubernetes Status out of an answer's body, as kubectl would.

export interface ReadStatus {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly hop: string;
  readonly requestId: string;
  /** `undefined` where there is none. */
  readonly errorCode: string;
}

/** @throws when the body is no Status */
export function statusOf(body: string): ReadStatus {
  const value = asRecord(JSON.parse(body.slice(body.indexOf('{'))));
  if (value['kind'] !== 'Status') throw new Error(`not a Status: ${body}`);
  const causes = asRecord(value['details'])['causes'];
  const cause = (reason: string): string => {
    const found = Array.isArray(causes)
      ? causes.map(asRecord).find((one) => one['reason'] === reason)
      : undefined;
    return String(found?.['message']);
  };
  return {
    code: Number(value['code']),
    reason: String(value['reason']),
    message: String(value['message']),
    hop: cause('Hop'),
    requestId: cause('RequestId'),
    errorCode: cause('ErrorCode'),
  };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

// Answers of the double in Entra's form: what each token error looks like, from its AADSTS number to its trace ids.
// Shapes: Microsoft's v2-oauth2-auth-code-flow.md, "Error response", and reference-error-codes.md.
import { randomUUID } from 'node:crypto';

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface EntraFailure {
  /** OAuth's own code: RFC 6749 §5.2, RFC 8628 §3.5. */
  readonly error: string;
  readonly number: number;
  readonly text: string;
  readonly status: number;
}

/** What a grant or a check found wrong; the endpoint makes an answer of it. */
export class RefusedRequest extends Error {
  readonly failure: EntraFailure;

  constructor(error: string, number: number, text: string, status = 400) {
    super(text);
    this.failure = { error, number, text, status };
  }
}

export function failure(
  { error, number, text, status }: EntraFailure,
  correlationId: string = randomUUID(),
): JsonAnswer {
  const traceId = randomUUID();
  const timestamp = new Date().toISOString().replace('T', ' ').replace(/\..*$/, 'Z');
  const description = `AADSTS${number}: ${text} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`;
  return {
    status,
    headers: { 'x-ms-request-id': traceId },
    body: {
      error,
      error_description: description,
      error_codes: [number],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
  };
}

/** @throws what is not a RefusedRequest */
export function answerOrFailure(make: () => JsonAnswer, correlationId?: string): JsonAnswer {
  try {
    return make();
  } catch (error) {
    if (error instanceof RefusedRequest) return failure(error.failure, correlationId);
    throw error;
  }
}

/** @throws RefusedRequest for what is not there */
export function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') {
    throw new RefusedRequest(
      'invalid_request',
      900144,
      `The request body must contain the following parameter: '${name}'.`,
    );
  }
  return value;
}

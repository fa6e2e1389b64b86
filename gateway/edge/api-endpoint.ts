// Carries a request to the management API: its small body is read whole, with a limit and a time.
import type { CheckedRequest } from '../../http/index.ts';
import { GatewayError } from '../gateway-error.ts';
import type { ManagementApi } from '../api/index.ts';
import type { GatewayLimits } from '../limits.ts';
import type { Exchange } from './exchange.ts';

export interface ApiEndpointOptions {
  readonly api: ManagementApi;
  readonly limits: GatewayLimits;
  /** Answers with a Status, for a body that cannot be read and for faults. */
  refuse(exchange: Exchange, requestId: string, error: unknown): void;
}

export type ServeApi = (
  exchange: Exchange,
  checked: CheckedRequest,
  target: string,
  requestId: string,
) => void;

/** @throws GatewayError for a request that no handler is asked for */
export function createApiEndpoint(options: ApiEndpointOptions): ServeApi {
  const { api, limits } = options;
  return (exchange, checked, target, requestId) => {
    if (exchange.isUpgrade)
      throw new GatewayError('CC_ERR_GATEWAY_UPGRADE_PATH', 'nothing here can be upgraded');
    const { MAX_API_BODY_BYTES } = limits;
    if (checked.bodyLength > MAX_API_BODY_BYTES) throw tooLarge(MAX_API_BODY_BYTES);
    const chunks: Buffer[] = [];
    let bytes = 0;
    let settled = false;
    const fail = (error: unknown): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      options.refuse(exchange, requestId, error);
    };
    const timer = setTimeout(
      () =>
        fail(new GatewayError('CC_ERR_GATEWAY_BODY_TIMEOUT', 'the body of the request did not come in time')),
      limits.API_BODY_TIMEOUT_MS,
    );
    const serve = (): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      const { method, remoteAddress } = exchange;
      api
        .handle({
          method,
          path: target,
          headers: checked.headers,
          body: Buffer.concat(chunks),
          remoteAddress,
          requestId,
        })
        .then(
          (answer) => {
            exchange.respond(answer.status, answer.headers);
            if (method !== 'HEAD') exchange.write(answer.body);
            exchange.end(false);
          },
          (error: unknown) => options.refuse(exchange, requestId, error),
        );
    };
    exchange.listen(
      {
        onBody: (chunk) => {
          bytes += chunk.byteLength;
          if (bytes > MAX_API_BODY_BYTES) fail(tooLarge(MAX_API_BODY_BYTES));
          else chunks.push(chunk);
        },
        onBodyEnd: serve,
        onWritable: () => undefined,
        onGone: () => {
          settled = true;
          clearTimeout(timer);
        },
      },
      checked.bodyLength !== 0,
    );
    if (checked.bodyLength === 0) serve();
  };
}

function tooLarge(limitBytes: number): GatewayError {
  return new GatewayError(
    'CC_ERR_GATEWAY_BODY_TOO_LARGE',
    `a request to this API has at most ${limitBytes} bytes`,
  );
}

// What goes wrong on a connection to the apiserver, by code: in the 502 or 503 that a client reads, and in the log.
import { ClusterConnectError } from '../../observe/index.ts';

export type UpstreamErrorCode =
  | 'CC_ERR_UPSTREAM_CONNECT_TIMEOUT'
  | 'CC_ERR_UPSTREAM_CLOSED'
  | 'CC_ERR_UPSTREAM_SILENT'
  | 'CC_ERR_UPSTREAM_PROTOCOL'
  | 'CC_ERR_UPSTREAM_RESET'
  | 'CC_ERR_UPSTREAM_REFUSED'
  | 'CC_ERR_UPSTREAM_ANSWER_TOO_LARGE'
  | 'CC_ERR_UPSTREAM_BODY_LENGTH'
  | 'CC_ERR_UPSTREAM_ABORTED';

export class UpstreamError extends ClusterConnectError<UpstreamErrorCode> {}

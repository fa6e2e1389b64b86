export { HTTP_ERRORS, HttpError } from './http-error.ts';
export type { HttpErrorCode, StatusReason } from './http-error.ts';
export {
  MAX_CLIENT_HEADERS,
  MAX_CLIENT_HEADER_BYTES,
  MAX_HEAD_BYTES,
  MAX_TARGET_LENGTH,
  MAX_TOKEN_LENGTH,
} from './limits.ts';
export type { AnswerHead, HeaderList, RequestHead, UpgradeToken } from './head-types.ts';
export { decodeRequestHead, encodeRequestHead } from './request-head.ts';
export { decodeAnswerHead, encodeAnswerHead } from './answer-head.ts';
export { METHODS } from './methods.ts';
export { checkTarget, isClusterName, parseTarget, splitClusterPath } from './target.ts';
export type { Target } from './target.ts';
export { hostName } from './host.ts';
export { checkRequestHead } from './request-check.ts';
export type { CheckedRequest, EdgePolicy, ReceivedRequest } from './request-check.ts';
export { filterRequestHeaders } from './forwarded-headers.ts';
export type { ForwardedHeaders } from './forwarded-headers.ts';
export { OWN_EXTRA_DOMAIN } from './asked-identity.ts';
export type { AskedIdentity } from './asked-identity.ts';
export { escapeExtraKey } from './extra-key.ts';
export { impersonationForbiddenBody } from './impersonation-forbidden.ts';
export type { ImpersonationCheck, ImpersonationRefusal } from './impersonation-forbidden.ts';
export { assertNoImpersonation, assertOneImpersonatedUser, isIdentityHeader } from './identity-headers.ts';
export {
  checkDeclinedUpgrade,
  checkSwitchingProtocols,
  checkUpgradeTarget,
  parseUpgrade,
} from './upgrade.ts';
export type { UpgradeRequest } from './upgrade.ts';
export { answerHasBody, filterAnswerHeaders, flattenHeaders } from './answer-headers.ts';
export { statusBody, statusHeaders, statusMessage } from './status-body.ts';
export type { Hop, StatusOptions } from './status-body.ts';
export { newRequestId } from './request-id.ts';
export { switchedProtocol } from './switched-protocol.ts';
export type { SwitchedProtocol } from './switched-protocol.ts';
export {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  FrameReader,
  FrameWriter,
  H2_ERROR,
  HeaderBlock,
  HpackDecoder,
  Http2Error,
  MAX_STREAM_ID,
  MAX_WINDOW_BYTES,
  PREFACE,
  SETTING,
  checkFrame,
} from './http2/index.ts';
export type { FrameSink } from './http2/index.ts';

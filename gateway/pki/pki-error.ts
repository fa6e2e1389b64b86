// What can go wrong with the gateway's own certificates. No message ever holds key material.
import { ClusterConnectError } from '../../observe/index.ts';

export type PkiErrorCode =
  | 'CC_ERR_PKI_NAME_INVALID'
  | 'CC_ERR_PKI_BUILD_FAILED'
  | 'CC_ERR_PKI_STORED_INVALID'
  | 'CC_ERR_PKI_STORE_UNAVAILABLE';

/**
 * `NAME_INVALID`: a name no certificate can hold. `BUILD_FAILED`: what forge built did not pass node:crypto.
 * `STORED_INVALID`: the CA on disk is damaged, expired or not one. `STORE_UNAVAILABLE`: the disk refused.
 */
export class PkiError extends ClusterConnectError<PkiErrorCode> {}

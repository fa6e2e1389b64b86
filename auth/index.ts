export type {
  EntraSettings,
  PopProof,
  PrincipalKind,
  TokenVerifier,
  UserInfo,
  VerifiedToken,
} from './types.ts';
export { AuthError } from './auth-error.ts';
export type { AuthErrorCode } from './auth-error.ts';
export { bearerToken } from './bearer-token.ts';
export { createEntraVerifier } from './entra-verifier.ts';
export type { EntraVerifierOptions } from './entra-verifier.ts';
export {
  actingHeaders,
  assertImpersonation,
  IMPERSONATED_BY,
  impersonationHeaders,
} from './impersonation.ts';
export { readPublicKey, keyThumbprint } from './proof-key.ts';
export type { ProofKey } from './proof-key.ts';
export { createAgentAssertion, createAssertionVerifier } from './agent-assertion.ts';
export type {
  AgentAssertionRequest,
  AssertionVerifier,
  AssertionVerifierOptions,
} from './agent-assertion.ts';
export { createAssertionMemory, createNonceMemory } from './replay-memory.ts';
export type { ReplayMemory } from './replay-memory.ts';
export type { ReplayVerdict } from './replay-table.ts';
export { createJoinProof, verifyJoinProof } from './join-proof.ts';
export type { JoinProofRequest, JoinProofCheck } from './join-proof.ts';
export { authRefusal } from './refusal.ts';
export type { Refusal } from './refusal.ts';
export { createPopGate } from './pop/pop-gate.ts';
export type { PopGate } from './pop/pop-gate.ts';
export { graphProblems, placeOfGraph } from './graph/index.ts';
export type { GraphSettings } from './graph/index.ts';
export { auditFields } from './audit-fields.ts';
export { deniedError, parseDenyList } from './deny-list.ts';
export type { DenyList } from './deny-list.ts';
export { watchDenyList } from './deny-list-file.ts';
export type { WatchedDenyList } from './deny-list-file.ts';
export { createPassThroughJudge, createVouchingJudge } from './service-accounts/service-account-judge.ts';
export type {
  ServiceAccountJudge,
  TrustedServiceAccounts,
} from './service-accounts/service-account-judge.ts';
export { readServiceAccountKeys } from './service-accounts/service-account-keys.ts';
export type { ServiceAccountKeys } from './service-accounts/service-account-keys.ts';

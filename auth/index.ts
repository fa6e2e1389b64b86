export type { EntraSettings, PrincipalKind, TokenVerifier, UserInfo, VerifiedToken } from './types.ts';
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
export { createAgentAssertion, createAssertionVerifier, createReplayMemory } from './agent-assertion.ts';
export type {
  AgentAssertionRequest,
  AssertionVerifier,
  AssertionVerifierOptions,
  ReplayMemory,
} from './agent-assertion.ts';
export type { ReplayVerdict } from './replay-table.ts';
export { createJoinProof, verifyJoinProof } from './join-proof.ts';
export type { JoinProofRequest, JoinProofCheck } from './join-proof.ts';
export { authRefusal } from './refusal.ts';
export type { Refusal } from './refusal.ts';

export type { EntraSettings, PrincipalKind, TokenVerifier, UserInfo, VerifiedToken } from './types.ts';

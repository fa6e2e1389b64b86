export { measureTokenChecks, tokenCheckSchema } from './measure-token-checks.ts';
export type { TokenCheck, TokenCheckSpec } from './measure-token-checks.ts';

export { TOKEN_CHECK_SCENARIO } from './token-check.ts';

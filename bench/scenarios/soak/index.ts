export { SOAK_SCENARIO } from './soak.ts';

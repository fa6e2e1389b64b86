export { INTERACTIVE_SCENARIO } from './interactive.ts';

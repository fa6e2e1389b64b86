export { WATCHES_SCENARIO } from './watches.ts';

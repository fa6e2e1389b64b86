export { LISTS_SCENARIO } from './lists.ts';

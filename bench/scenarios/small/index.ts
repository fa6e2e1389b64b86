export { SMALL_SCENARIO } from './small.ts';

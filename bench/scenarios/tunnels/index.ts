export { TUNNELS_SCENARIO } from './tunnels.ts';

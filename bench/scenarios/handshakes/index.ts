export { HANDSHAKES_SCENARIO } from './handshakes.ts';

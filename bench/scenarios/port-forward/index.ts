export { PORT_FORWARD_SCENARIO } from './port-forward.ts';

// Every scenario of the bench, in the order in which `npm run bench` runs them.
import { BULK_SCENARIO } from './bulk/index.ts';
import { FAR_LINK_SCENARIO } from './far-link/index.ts';
import { EXEC_SCENARIO } from './exec/index.ts';
import { HANDSHAKES_SCENARIO } from './handshakes/index.ts';
import { INTERACTIVE_SCENARIO } from './interactive/index.ts';
import { LISTS_SCENARIO } from './lists/index.ts';
import { PROCESSES_SCENARIO } from './processes/index.ts';
import { PORT_FORWARD_SCENARIO } from './port-forward/index.ts';
import { SMALL_SCENARIO } from './small/index.ts';
import { SOAK_SCENARIO } from './soak/index.ts';
import { TOKEN_CHECK_SCENARIO } from './token-check/index.ts';
import { TUNNELS_SCENARIO } from './tunnels/index.ts';
import { WATCHES_SCENARIO } from './watches/index.ts';
import type { Scenario } from '../scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  SMALL_SCENARIO,
  LISTS_SCENARIO,
  BULK_SCENARIO,
  INTERACTIVE_SCENARIO,
  FAR_LINK_SCENARIO,
  HANDSHAKES_SCENARIO,
  PROCESSES_SCENARIO,
  EXEC_SCENARIO,
  PORT_FORWARD_SCENARIO,
  WATCHES_SCENARIO,
  TUNNELS_SCENARIO,
  TOKEN_CHECK_SCENARIO,
  SOAK_SCENARIO,
];

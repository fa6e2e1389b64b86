// Every wait and size of the demo in one place, each with its reason.

/** A part starts in well under a second; a machine that is busy with other things may need far longer. */
export const PART_READY_TIMEOUT_MS = 30_000;
/** After SIGTERM: the parts drain for DRAIN_TIMEOUT, and this must be longer. */
export const STOP_TIMEOUT_MS = 4_000;
/** Of the gateway and the agent: nobody waits for the requests of a demo. */
export const DRAIN_TIMEOUT = '1s';
/** A port that was found free can be taken before the gateway listens on it. */
export const GATEWAY_ATTEMPTS = 3;
/** Lines of a child's log that are kept to be quoted. */
export const TAIL_LINES = 12;
/** A line longer than this is cut when it is quoted. */
export const TAIL_LINE_CHARACTERS = 300;
/** Of one command that the demo runs behind the scenes: a sign-in, a get-credentials, a kubectl of the set-up. */
export const COMMAND_TIMEOUT_MS = 30_000;
export const COMMAND_OUTPUT_BYTES = 8 * 1024 * 1024;
/** One step of the tour; the slowest is the first sign-in. */
export const STEP_TIMEOUT_MS = 30_000;
/** Of one step's output: the rest is not shown and not searched. */
export const STEP_OUTPUT_CHARACTERS = 100_000;
/** A pod of a real cluster has to be scheduled and its image pulled. */
export const POD_READY_TIMEOUT_SECONDS = 120;
/** The demo pod of the stand-in runs after 150 ms. */
export const STAND_IN_POD_TIMEOUT_MS = 5_000;
/** What the demo asks for; a cluster may give less. It is renewed before its end. */
export const AGENT_TOKEN_SECONDS = 3_600;
/** A terminal sends Ctrl-C to npm and to the demo, and npm passes it on: two signals this close are one. */
export const SAME_SIGNAL_MS = 1_000;
/** Text of the demo's own is not wider than this, however wide the terminal is. */
export const TEXT_COLUMNS = 100;

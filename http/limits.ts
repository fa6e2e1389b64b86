// Every bound of this folder in one place, with its reason. What does not fit is refused by a coded error.

/** A tunnel frame holds at most 65,535 bytes; a head travels in one frame, with room left for its own header. */
export const MAX_HEAD_BYTES = 60 * 1024;

/** Headers that an encoded head may hold: what an edge lets pass, and what the edges add. */
export const MAX_HEADERS = 128;

/** Header lines that a client may send (security.md S5: Node hides lines beyond about a thousand). */
export const MAX_CLIENT_HEADERS = 100;

/** Names and values of one client request: an Entra token with 200 groups alone is over 10 KiB (security.md D2). */
export const MAX_CLIENT_HEADER_BYTES = 32 * 1024;

/** Impersonate-* lines of one request: each costs the agent a question to the apiserver. */
export const MAX_ASKED_LINES = 64;

/** Names and values of those lines: a name of Kubernetes has 253 characters, most have fewer. */
export const MAX_ASKED_BYTES = 8 * 1024;

/** A bearer token, in characters (security.md D2): with its proof of possession an Entra token with 200 groups is 15 KiB. */
export const MAX_TOKEN_LENGTH = 24 * 1024;

/** A request target, in characters: long label selectors and exec commands fit, floods do not. */
export const MAX_TARGET_LENGTH = 8 * 1024;

/** Host or :authority: a DNS name of 253, brackets or a colon, and a port. */
export const MAX_HOST_LENGTH = 261;

/** A request id, in characters. */
export const MAX_REQUEST_ID_LENGTH = 36;

/** The largest Content-Length that six bytes of an encoded head can carry; all ones there means "unknown". */
export const MAX_BODY_LENGTH = 2 ** 48 - 2;

/** WebSocket subprotocols offered by one request; client-go offers one, old browsers' dashboards a handful. */
export const MAX_SUBPROTOCOLS = 16;

export { MAX_LINK_BYTES, MAX_UNREAD_BYTES } from './delayed-direction.ts';
export { startDelayingRelay } from './delaying-relay.ts';
export type { DelayingRelay } from './delaying-relay.ts';
export { startLink } from './link.ts';
export type { Link } from './link.ts';

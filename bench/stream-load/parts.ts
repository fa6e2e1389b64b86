// The load and the stand-in of scenarios that hold connections, instead of those that answer requests.
import type { BedParts } from '../bed/index.ts';

export const STREAM_PARTS: BedParts = { load: 'stream-load', apiserver: 'stream-apiserver' };

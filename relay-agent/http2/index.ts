export { UpstreamError } from './upstream-error.ts';
export { Http2Pool } from './http2-pool.ts';

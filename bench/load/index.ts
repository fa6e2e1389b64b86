export { clientNameOf, createClient } from './create-client.ts';
export { LOAD_CLIENTS, loadSpecSchema, roundSchema } from './load-client.ts';
export type { LoadClient, LoadSpec, Round } from './load-client.ts';

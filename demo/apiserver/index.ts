// A small Kubernetes API server of the demo's own, for machines that have none: a stand-in, and it says so.
export type { AgentAccount } from './access/bootstrap.ts';
export type { AuditRecord } from './route.ts';
export { startDemoApiserver } from './server.ts';
export type { DemoApiserver, DemoApiserverOptions } from './server.ts';

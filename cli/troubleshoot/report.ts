// What was found, as one value with stable names (--output json, for tickets) and as text for a person.
import type { Diagnosis } from './diagnose.ts';
import type { Facts, HopName, Problem } from './hops.ts';
import type { HopReport } from './journey.ts';

/** Raised when a name below changes or goes; new names come without. */
const REPORT_VERSION = 1;

export interface Report {
  readonly version: typeof REPORT_VERSION;
  readonly result: 'ok' | 'failed' | 'incomplete';
  readonly startedAt: string;
  readonly program: string;
  readonly node: string;
  readonly platform: string;
  readonly target: { readonly name: string; readonly server: string; readonly namespace: string };
  readonly diagnosis: {
    /** Empty when no hop failed. */
    readonly hop: HopName | '';
    readonly problem: Problem | '';
    readonly message: string;
    readonly advice: string;
    readonly errorCode: string;
    readonly requestId: string;
  };
  readonly hops: readonly HopLine[];
}

export interface HopLine {
  readonly hop: HopName;
  readonly state: HopReport['state'];
  readonly message: string;
  readonly durationMs: number;
  readonly facts: Facts;
  readonly notes: readonly string[];
}

export interface ReportOrigin {
  readonly startedAtMs: number;
  readonly program: string;
}

export function createReport({ route, hops }: Diagnosis, { startedAtMs, program }: ReportOrigin): Report {
  const broken = hops.find(({ failure }) => failure !== undefined);
  const lost = hops.find(({ message, state }) => state === 'skipped' && message.endsWith(' was skipped'));
  return {
    version: REPORT_VERSION,
    result: broken !== undefined ? 'failed' : lost === undefined ? 'ok' : 'incomplete',
    startedAt: new Date(startedAtMs).toISOString(),
    program,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    target: {
      name: route?.name ?? '',
      server: route?.server.href ?? '',
      namespace: route?.namespace ?? '',
    },
    diagnosis: {
      hop: broken?.hop ?? '',
      problem: broken?.failure?.problem ?? '',
      message: broken?.message ?? (lost === undefined ? 'every hop works' : 'what was tried works'),
      advice: broken?.failure?.advice ?? '',
      errorCode: broken?.failure?.errorCode ?? '',
      requestId: broken?.failure?.requestId ?? '',
    },
    hops: hops.map(({ hop, state, message, durationMs, facts = {}, notes = [] }) => {
      return { hop, state, message, durationMs, facts, notes };
    }),
  };
}

// JSON lines by pino behind a two-argument interface: an event name and fields. Every value passes redaction.
import { createRequire } from 'node:module';
import type pinoModule from 'pino';
import type { DestinationStream } from 'pino';
import { redactFields } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

/** `event` is a dotted noun phrase such as `tunnel.session.closed`; it is what dashboards match. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go; standard error by default, so that standard output stays a command's own. */
  readonly destination?: DestinationStream;
}

// Loaded when a logger is made: get-token imports this folder for its errors, at each call of kubectl.
function loadPino(): typeof pinoModule {
  return createRequire(import.meta.url)('pino');
}

export function createLogger(options: LoggerOptions): Logger {
  const pino = loadPino();
  const base = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
  return wrap(base, {});
}

/** Drops every line: for tests and for parts whose caller gave no logger. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

function wrap(base: pinoModule.Logger, bound: LogFields): Logger {
  const write = (level: Exclude<LogLevel, 'silent'>, event: string, fields: LogFields | undefined): void => {
    if (!base.isLevelEnabled(level)) return;
    base[level]({ event, ...redactFields({ ...bound, ...fields }) });
  };
  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
    child: (fields) => wrap(base, { ...bound, ...fields }),
  };
}

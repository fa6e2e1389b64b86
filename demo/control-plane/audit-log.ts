// Reads kube-apiserver's audit log, one JSON event a line, and waits for the event that a test asks about.
import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlPlaneError } from './errors.ts';
import { AUDIT_POLL_MS, AUDIT_WAIT_MS } from './limits.ts';

/** Who acted: k8s.io/api authentication/v1 UserInfo, with what is absent filled in. */
export interface AuditUser {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The part of audit.k8s.io/v1 Event that is looked at. */
export interface AuditEvent {
  readonly auditId: string;
  readonly stage: string;
  readonly verb: string;
  readonly requestUri: string;
  readonly user: AuditUser;
  readonly impersonatedUser?: AuditUser;
  readonly sourceIps: readonly string[];
  readonly userAgent: string;
  /** 0 until the answer has a status. */
  readonly responseCode: number;
}

export interface AuditLog {
  /** Every event so far. */
  events(): Promise<readonly AuditEvent[]>;
  /** The first event, past or to come, that `matches`. @throws ControlPlaneError when none comes in `timeoutMs`. */
  waitFor(matches: (event: AuditEvent) => boolean, timeoutMs?: number): Promise<AuditEvent>;
}

export function openAuditLog(file: string): AuditLog {
  const seen: AuditEvent[] = [];
  let offset = 0;
  let rest = Buffer.alloc(0);

  const readOn = async (): Promise<void> => {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const bytes = Buffer.alloc(Math.max(0, size - offset));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
      offset += bytesRead;
      rest = Buffer.concat([rest, bytes.subarray(0, bytesRead)]);
    } finally {
      await handle.close();
    }
    // A line without its end is still being written: it waits for the next read.
    let end: number;
    while ((end = rest.indexOf('\n')) >= 0) {
      const line = rest.toString('utf8', 0, end);
      rest = rest.subarray(end + 1);
      if (line.trim() !== '') seen.push(parseAuditEvent(line));
    }
  };
  // Readers share one position in the file, so they take turns.
  let turn: Promise<void> = Promise.resolve();
  const read = (): Promise<void> => {
    turn = turn.then(readOn, readOn);
    return turn;
  };

  return {
    events: async () => {
      await read();
      return [...seen];
    },
    waitFor: async (matches, timeoutMs = AUDIT_WAIT_MS) => {
      const deadline = Date.now() + timeoutMs;
      let next = 0;
      for (;;) {
        await read();
        for (; next < seen.length; next += 1) {
          const event = seen[next];
          if (event !== undefined && matches(event)) return event;
        }
        if (Date.now() >= deadline) {
          throw new ControlPlaneError(
            'CC_ERR_CONTROL_PLANE_AUDIT',
            `none of ${seen.length} audit events matched within ${timeoutMs} ms`,
          );
        }
        await delay(AUDIT_POLL_MS);
      }
    },
  };
}

/** @throws SyntaxError for a line that is no JSON, TypeError for one that is no audit event. */
export function parseAuditEvent(line: string): AuditEvent {
  const event = recordOf(JSON.parse(line));
  const { auditID, stage } = event;
  if (typeof auditID !== 'string' || typeof stage !== 'string') throw new TypeError('not an audit event');
  const impersonated = event['impersonatedUser'];
  return {
    auditId: auditID,
    stage,
    verb: textOf(event['verb']),
    requestUri: textOf(event['requestURI']),
    user: userOf(event['user']),
    ...(impersonated === undefined ? {} : { impersonatedUser: userOf(impersonated) }),
    sourceIps: textsOf(event['sourceIPs']),
    userAgent: textOf(event['userAgent']),
    responseCode: Number(recordOf(event['responseStatus'])['code'] ?? 0),
  };
}

function userOf(value: unknown): AuditUser {
  const user = recordOf(value);
  const extra = Object.entries(recordOf(user['extra'])).map(
    ([key, values]) => [key, textsOf(values)] as const,
  );
  return {
    username: textOf(user['username']),
    uid: textOf(user['uid']),
    groups: textsOf(user['groups']),
    extra: Object.fromEntries(extra),
  };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

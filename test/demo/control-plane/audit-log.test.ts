import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ControlPlaneError, openAuditLog, parseAuditEvent } from '../../../demo/control-plane/index.ts';

const line = (auditID: string, more: object = {}): string =>
  JSON.stringify({ kind: 'Event', auditID, stage: 'ResponseComplete', verb: 'get', ...more });

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-connect-audit-'));
  file = join(directory, 'audit.log');
  writeFileSync(file, '');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('parseAuditEvent', () => {
  test('keeps who acted and whom they impersonated', () => {
    const event = parseAuditEvent(
      line('a', {
        user: { username: 'agent', groups: ['g'] },
        impersonatedUser: { username: 'user', extra: { oid: ['1'] } },
        sourceIPs: ['127.0.0.1'],
        responseStatus: { code: 403 },
      }),
    );
    expect(event.user).toEqual({ username: 'agent', uid: '', groups: ['g'], extra: {} });
    expect(event.impersonatedUser).toEqual({ username: 'user', uid: '', groups: [], extra: { oid: ['1'] } });
    expect([event.responseCode, event.sourceIps]).toEqual([403, ['127.0.0.1']]);
  });

  test('has no impersonated user where nobody was impersonated', () => {
    expect(parseAuditEvent(line('a'))).not.toHaveProperty('impersonatedUser');
  });

  test.each(['{}', 'null', '[]', '{"auditID":1,"stage":"x"}'])('refuses %s', (text) => {
    expect(() => parseAuditEvent(text)).toThrow(TypeError);
  });
});

describe('openAuditLog', () => {
  test('finds an event that is there already', async () => {
    writeFileSync(file, `${line('a')}\n${line('b')}\n`);
    const log = openAuditLog(file);
    expect((await log.waitFor(({ auditId }) => auditId === 'b')).auditId).toBe('b');
    expect((await log.events()).map(({ auditId }) => auditId)).toEqual(['a', 'b']);
  });

  test('waits for an event that comes later, in two pieces', async () => {
    const log = openAuditLog(file);
    const text = `${line('late', { userAgent: 'Grüße' })}\n`;
    const bytes = Buffer.from(text);
    // Cut inside a character of two bytes.
    const cut = bytes.indexOf(Buffer.from('ü')) + 1;
    appendFileSync(file, bytes.subarray(0, cut));
    expect(await log.events()).toEqual([]);
    const waiting = log.waitFor(({ auditId }) => auditId === 'late');
    appendFileSync(file, bytes.subarray(cut));
    expect((await waiting).userAgent).toBe('Grüße');
  });

  test('says so when no event comes', async () => {
    writeFileSync(file, `${line('a')}\n`);
    const waiting = openAuditLog(file).waitFor(() => false, 30);
    await expect(waiting).rejects.toThrow(ControlPlaneError);
    await expect(waiting).rejects.toThrow('none of 1 audit events matched within 30 ms');
  });
});

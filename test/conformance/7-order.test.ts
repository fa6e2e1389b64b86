// SPEC §7: what goes first. T7 of the security facts: control passes data.
import { expect, test } from 'vitest';
import { StreamRefusedError } from '../../tunnel/index.ts';
import type { TunnelStream } from '../../tunnel/index.ts';
import { settle } from '../support/memory-transport.ts';
import { rawPeer } from '../support/raw-peer.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { raw } from '../support/raw-frames.ts';
import { openLogged } from '../support/session-pair.ts';

/** A gateway whose peer gives a lot of credit, and whose socket takes nothing until `end.isHeld` is false. */
async function heldGateway(streams: number): Promise<{ peer: RawPeer; opened: TunnelStream[] }> {
  const peer = await rawPeer('gateway', { hello: false });
  await peer.say(raw.hello(1000, 2 ** 30));
  const opened = Array.from({ length: streams }, () => openLogged(peer.session).stream).filter(
    (one) => one !== undefined,
  );
  await settle();
  peer.heard();
  peer.end.isHeld = true;
  return { peer, opened };
}

function names(peer: RawPeer): string[] {
  return peer.heard().map((one) => (one.streamId === 0 ? one.name : `${one.name} ${one.streamId}`));
}

test('7.1 T7: control frames of the same turn go before queued DATA', async () => {
  const { peer, opened } = await heldGateway(2);
  opened[0]?.write(Buffer.alloc(1000));
  opened[1]?.reset('CANCEL');
  openLogged(peer.session);
  peer.session.drain(0, '');
  peer.end.isHeld = false;
  await settle();
  expect(names(peer)).toEqual(['RESET 2', 'OPEN 3', 'GOAWAY', 'DATA 1']);
});

test('7.1 T7: a PONG passes all DATA that waits for the socket', async () => {
  const { peer, opened } = await heldGateway(1);
  opened[0]?.write(Buffer.alloc(4_000_000));
  await settle();
  const inSocket = peer.end.bufferedBytes();
  expect(inSocket).toBeLessThan(300_000);
  await peer.say(raw.ping());
  peer.end.isHeld = false;
  await settle(100);
  let before = 0;
  for (const one of peer.heard()) {
    if (one.name === 'PONG') break;
    before += one.payload.byteLength;
  }
  expect(before).toBeLessThan(300_000);
  expect(before).toBeGreaterThan(0);
});

test('7.1 frames of one stream keep their order', async () => {
  const peer = await rawPeer('agent', {
    handler: {
      onStream: (stream) => {
        stream.sendHead(Buffer.from('head'));
        stream.write(Buffer.from('one'));
        stream.write(Buffer.from('two'));
        stream.end();
        return { onData: () => undefined, onEnd: () => undefined, onReset: () => undefined };
      },
    },
  });
  peer.heard();
  await peer.say(raw.open(1));
  const heard = peer.heard().map((one) => `${one.name} ${one.payload.toString('latin1')}`);
  expect(heard).toEqual(['HEAD head', 'DATA one', 'DATA two', 'END ']);
});

test('7.1 RESET overtakes and drops its stream’s DATA', async () => {
  const { peer, opened } = await heldGateway(1);
  opened[0]?.write(Buffer.alloc(100_000));
  opened[0]?.reset('CANCEL');
  peer.end.isHeld = false;
  await settle();
  expect(names(peer)).toEqual(['RESET 1']);
});

test('7.2 streams with DATA take turns of at most DATA_SLICE_BYTES', async () => {
  const { peer, opened } = await heldGateway(3);
  for (const stream of opened) stream.write(Buffer.alloc(100_000));
  peer.end.isHeld = false;
  await settle(100);
  const runs: { id: number; bytes: number }[] = [];
  for (const one of peer.heard('DATA')) {
    const last = runs.at(-1);
    if (last?.id === one.streamId) last.bytes += one.payload.byteLength;
    else runs.push({ id: one.streamId, bytes: one.payload.byteLength });
  }
  const together = runs.slice(0, 9);
  expect(together.map((run) => run.id)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  expect(Math.max(...together.map((run) => run.bytes))).toBeLessThanOrEqual(32 * 1024);
  expect(runs.reduce((sum, run) => sum + run.bytes, 0)).toBe(300_000);
});

test('7.2 a slice of small chunks is no longer than one of large chunks', async () => {
  const { peer, opened } = await heldGateway(2);
  for (let count = 0; count < 300; count += 1) opened[0]?.write(Buffer.alloc(300));
  opened[1]?.write(Buffer.from('me too'));
  peer.end.isHeld = false;
  await settle(100);
  let before = 0;
  for (const one of peer.heard()) {
    if (one.streamId === 2) break;
    before += 8 + one.payload.byteLength;
  }
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThanOrEqual(32 * 1024 + 308);
});

test('7.3 no more than SOCKET_QUEUE_BYTES and one message of DATA wait in the socket', async () => {
  const { peer, opened } = await heldGateway(4);
  for (const stream of opened) stream.write(Buffer.alloc(1_000_000));
  await settle();
  expect(peer.end.bufferedBytes()).toBeLessThanOrEqual(128 * 1024 + 64 * 1024);
  expect(peer.end.bufferedBytes()).toBeGreaterThanOrEqual(128 * 1024);
});

test('7.3 an interactive stream beside bulk ones waits for the socket and one turn of each, and no longer', async () => {
  const { peer, opened } = await heldGateway(5);
  for (const stream of opened.slice(0, 4)) stream.write(Buffer.alloc(5_000_000));
  await settle();
  opened[4]?.write(Buffer.from('keystroke'));
  peer.end.isHeld = false;
  await settle(200);
  let before = 0;
  for (const one of peer.heard('DATA')) {
    if (one.streamId === 5) break;
    before += one.payload.byteLength;
  }
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThanOrEqual(128 * 1024 + 64 * 1024 + 4 * 32 * 1024);
});

test('7.4 T5: a peer that makes the other end write and never reads is given up with FLOOD', async () => {
  const peer = await rawPeer('agent', {
    limits: { MAX_CONTROL_QUEUE_BYTES: 20_000, SOCKET_QUEUE_BYTES: 1000, MAX_PINGS: 100_000 },
  });
  peer.end.isHeld = true;
  for (let round = 0; round < 20; round += 1) {
    await peer.say(...Array.from({ length: 90 }, () => raw.ping()));
    expect(peer.end.bufferedBytes()).toBeLessThanOrEqual(21_000 + 90 * 16);
  }
  expect(peer.log.closes.map((error) => error?.goAwayCode)).toEqual(['FLOOD']);
  expect(peer.closes.map((one) => one.code)).toEqual([1006]);
});

test('7.4 the gateway opens no stream while more than half of MAX_CONTROL_QUEUE_BYTES waits', async () => {
  const peer = await rawPeer('gateway', { limits: { MAX_CONTROL_QUEUE_BYTES: 20_000 } });
  peer.end.isHeld = true;
  const head = 'x'.repeat(1000);
  const open = (): unknown => openLogged(peer.session, undefined, head);
  // Within one turn, before anything has reached the socket, as well.
  for (let count = 0; count < 10; count += 1) open();
  expect(open).toThrow(StreamRefusedError);
  await settle();
  expect(open).toThrow(StreamRefusedError);
  peer.end.isHeld = false;
  await settle();
  open();
});

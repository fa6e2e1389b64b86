// One stream of each kind, running: for whoever cuts what carries them.
import { once } from 'node:events';
import { open, openHttp2, upgrade } from '../http-client.ts';
import type { RoundTarget } from './rounds.ts';

export interface HeldStreams {
  /** Resolves when each of them has been broken off, or ended. */
  readonly ended: Promise<unknown>;
}

const UPLOAD_BYTES = 1024 * 1024;
const UPLOADED_CHUNK = Buffer.alloc(100_000, '{');

/** Resolves when all are in the middle of what they do. */
export async function holdStreams(target: RoundTarget): Promise<HeldStreams> {
  const { token, paths } = target;
  const watch = await open(target, { token, path: paths.watch });
  await once(watch, 'data');
  // A reader that never reads: the windows on the way are full.
  const logs = await open(target, { token, path: paths.logs });
  await once(logs, 'readable');

  const session = openHttp2(target);
  const authorization = `Bearer ${token}`;
  const watch2 = session.request({ ':path': paths.watch, authorization });
  watch2.on('error', () => undefined);
  await once(watch2, 'data');
  const upload = session.request(
    { ':method': 'POST', ':path': paths.upload, authorization, 'content-length': UPLOAD_BYTES },
    { endStream: false },
  );
  upload.on('error', () => undefined);
  await new Promise((resolve) => upload.write(UPLOADED_CHUNK, resolve));

  const { socket } = await upgrade(target, { token, path: paths.exec });
  await once(socket, 'data');
  socket.write(UPLOADED_CHUNK);

  const closed = [watch, logs, watch2, upload, socket].map(async (stream) => {
    stream.on('error', () => undefined);
    // Not `once` of node:events: an error is an end too.
    const end = new Promise((resolve) => stream.once('close', resolve));
    stream.resume();
    await end;
  });
  return { ended: Promise.all(closed).finally(() => session.destroy()) };
}

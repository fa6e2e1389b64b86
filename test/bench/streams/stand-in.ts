// A stand-in of streams in the tests' own process, and where it is.
import { createPattern, Witness } from '../../../bench/apiserver/index.ts';
import { startStreamServer, WatchBoard } from '../../../bench/apiserver/streams/index.ts';
import { TEST_AUTHORITY, TEST_TLS } from '../load/stand-in.ts';

export async function startTestStreams() {
  const witness = new Witness({ userName: 'alice', userToken: 'user-token', agentToken: 'agent-token' });
  const board = new WatchBoard();
  // It lives as long as the tests' process.
  const port = await startStreamServer(TEST_TLS, { board, witness, pattern: createPattern() });
  return { witness, board, port };
}

export function targetOf(port: number) {
  return { host: '127.0.0.1', port, serverName: '', ca: TEST_AUTHORITY.certificatePem };
}

// What the agent asks of the operating system for its connections to the apiserver.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { AGENT_LIMITS } from '../../relay-agent/limits.ts';
import { createUpstream } from '../../relay-agent/upstream.ts';
import { startRecordingUpstream } from '../support/recording-upstream.ts';

afterEach(() => vi.restoreAllMocks());

it('has an upgraded connection that is silent probed, so that a peer that vanished is found out', async () => {
  const setKeepAlive = vi.spyOn(Socket.prototype, 'setKeepAlive');
  const apiserver = await startRecordingUpstream({
    onUpgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    },
  });
  const upstream = createUpstream({ server: apiserver.url, ca: apiserver.caPem, tokenFile: '' });
  const headers = ['connection', 'Upgrade', 'upgrade', 'websocket'];
  const request = upstream.upgrade({ method: 'GET', target: '/api', headers });
  request.end();
  const [, socket] = await once(request, 'upgrade');
  const probed = setKeepAlive.mock.calls.filter(
    (_call, index) => setKeepAlive.mock.contexts[index] === socket,
  );
  expect(probed).toEqual([[true, AGENT_LIMITS.UPSTREAM_KEEP_ALIVE_PROBE_MS]]);
  socket.destroy();
  await upstream.close();
  await apiserver.close();
});

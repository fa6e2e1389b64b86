import { describe, expect, it } from 'vitest';
import { Witness } from '../../../bench/apiserver/witness.ts';

const SETTINGS = { userName: 'alice', userToken: 'entra-token', agentToken: 'agent-token' };

function sightingsOf(headers: readonly string[]) {
  const witness = new Witness(SETTINGS);
  expect(witness.isNextLookedAt()).toBe(true);
  witness.look(headers);
  const { impersonated, withAgentToken, withUserToken } = witness.take();
  return { impersonated, withAgentToken, withUserToken };
}

const AGENT = ['authorization', 'Bearer agent-token'];

describe('the witness', () => {
  it.each([
    {
      what: 'the user and the agent',
      headers: ['Impersonate-User', 'alice', ...AGENT],
      seen: { impersonated: 1, withAgentToken: 1, withUserToken: 0 },
    },
    {
      what: 'another user',
      headers: ['impersonate-user', 'bob', ...AGENT],
      seen: { impersonated: 0, withAgentToken: 1, withUserToken: 0 },
    },
    {
      what: 'two users',
      headers: ['impersonate-user', 'alice', 'impersonate-user', 'alice', ...AGENT],
      seen: { impersonated: 0, withAgentToken: 1, withUserToken: 0 },
    },
    {
      what: "the user's token beside the agent's",
      headers: ['authorization', 'Bearer entra-token', ...AGENT],
      seen: { impersonated: 0, withAgentToken: 0, withUserToken: 1 },
    },
    {
      what: "the user's token in another header",
      headers: ['x-forwarded-token', 'entra-token', ...AGENT],
      seen: { impersonated: 0, withAgentToken: 1, withUserToken: 1 },
    },
  ])('sees $what', ({ headers, seen }) => {
    expect(sightingsOf(headers)).toEqual(seen);
  });

  it('counts all requests, looks at some, and begins anew when asked', () => {
    const witness = new Witness(SETTINGS);
    const looked = Array.from({ length: 32 }, () => witness.isNextLookedAt()).filter(Boolean);
    expect(looked).toHaveLength(2);
    expect(witness.take().requests).toBe(32);
    expect(witness.take().requests).toBe(0);
  });
});

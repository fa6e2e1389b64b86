// What the apiserver stand-in saw of those who asked: the proof that a fast answer also was a right one.
import { z } from 'zod';

export const sightingsSchema = z.object({
  requests: z.int(),
  /** Requests whose head was looked at. */
  looked: z.int(),
  /** Exactly one Impersonate-User, with the expected name. */
  impersonated: z.int(),
  /** Exactly one Authorization, with the agent's own token. */
  withAgentToken: z.int(),
  /** Anywhere in the head. */
  withUserToken: z.int(),
});
export type Sightings = z.infer<typeof sightingsSchema>;

export const witnessSchema = z.object({
  userName: z.string(),
  userToken: z.string(),
  agentToken: z.string(),
});
export type WitnessSettings = z.infer<typeof witnessSchema>;

/** One head in so many is looked at, so that looking costs nothing. */
const LOOK_EVERY = 16;

export class Witness {
  private readonly settings: WitnessSettings;
  private sightings: Sightings = nothing();

  constructor(settings: WitnessSettings) {
    this.settings = settings;
  }

  /** Counts a request. @returns whether to show its head to `look` */
  isNextLookedAt(): boolean {
    return this.sightings.requests++ % LOOK_EVERY === 0;
  }

  /** @param headers name and value in turn */
  look(headers: readonly string[]): void {
    const { sightings, settings } = this;
    const users: string[] = [];
    const authorizations: string[] = [];
    let userToken = false;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at]?.toLowerCase();
      const value = headers[at + 1] ?? '';
      if (name === 'impersonate-user') users.push(value);
      if (name === 'authorization') authorizations.push(value);
      userToken ||= value.includes(settings.userToken);
    }
    sightings.looked += 1;
    if (users.length === 1 && users[0] === settings.userName) sightings.impersonated += 1;
    if (authorizations.length === 1 && authorizations[0] === `Bearer ${settings.agentToken}`) {
      sightings.withAgentToken += 1;
    }
    if (userToken) sightings.withUserToken += 1;
  }

  /** What was seen since the last call. */
  take(): Sightings {
    const { sightings } = this;
    this.sightings = nothing();
    return sightings;
  }
}

function nothing(): Sightings {
  return { requests: 0, looked: 0, impersonated: 0, withAgentToken: 0, withUserToken: 0 };
}

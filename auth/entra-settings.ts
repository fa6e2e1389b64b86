// The Entra settings, checked and brought into the form that verification needs. Names every problem at once.
import { ConfigError } from '../observe/index.ts';
import { resolveAuthority } from './entra-clouds.ts';
import type { Authority } from './entra-clouds.ts';
import { graphProblems } from './graph/index.ts';
import { asGuid } from './guid.ts';
import { MAX_CLOCK_SKEW_SECONDS } from './limits.ts';
import type { EntraSettings } from './types.ts';

export interface CheckedEntraSettings {
  readonly authority: Authority;
  /** Lower case. */
  readonly tenants: ReadonlySet<string>;
  /** With both spellings of an App ID URI: v1 tokens have it with or without the last slash. */
  readonly audiences: readonly string[];
  readonly clockSkewSeconds: number;
}

/** @throws ConfigError that names every problem */
export function checkEntraSettings(settings: EntraSettings): CheckedEntraSettings {
  const problems: string[] = [];
  const tenants = new Set(settings.tenants.map((tenant) => asGuid(tenant) ?? ''));
  if (tenants.size === 0) problems.push('entra.tenants must name at least one tenant id');
  if (tenants.has('')) problems.push('entra.tenants must hold tenant ids (GUIDs), not domain names');
  if (settings.audiences.length === 0 || settings.audiences.some((audience) => audience.trim() === '')) {
    problems.push('entra.audiences must name at least one audience, none of them empty');
  }
  const skew = settings.clockSkewSeconds;
  if (!Number.isInteger(skew) || skew < 0 || skew > MAX_CLOCK_SKEW_SECONDS) {
    problems.push(`entra.clockSkewSeconds must be a whole number from 0 to ${MAX_CLOCK_SKEW_SECONDS}`);
  }
  if (settings.groupsOverage === 'graph' && settings.graph === undefined) {
    problems.push('entra.groupsOverage graph needs entra.graph: with whose permission Graph is asked');
  }
  if (settings.graph !== undefined) problems.push(...graphProblems(settings.graph, settings.authorityHost));
  const authority = resolveAuthority(settings.authorityHost);
  if (authority === undefined) {
    problems.push('entra.authorityHost must be an https origin, such as https://login.microsoftonline.com');
  }
  if (authority === undefined || problems.length > 0) throw new ConfigError(problems);
  return {
    authority,
    tenants,
    audiences: [...new Set(settings.audiences.flatMap(spellings))],
    clockSkewSeconds: skew,
  };
}

function spellings(audience: string): string[] {
  if (!audience.includes('://')) return [audience];
  const bare = audience.replace(/\/$/, '');
  return [bare, `${bare}/`];
}

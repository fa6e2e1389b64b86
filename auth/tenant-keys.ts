// The signing keys of one tenant and one token version, never pooled with another's (facts: J10), and when to ask the
// authority for them (facts: J12). No socket here: `fetchJson` is given.
import type { KeyObject } from 'node:crypto';
import { silentLogger } from '../observe/index.ts';
import type { Logger } from '../observe/index.ts';
import { AuthError } from './auth-error.ts';
import type { Authority, TokenVersion } from './entra-clouds.ts';
import { metadataUrl, readKeySet, readMetadata } from './key-documents.ts';
import type { FetchJson } from './key-fetch.ts';
import {
  FAILED_FETCH_COOLDOWN_MS,
  KEY_MAX_STALE_MS,
  KEY_REFRESH_AHEAD_MS,
  KEY_REFRESH_NOW_MS,
  UNKNOWN_KEY_COOLDOWN_MS,
} from './limits.ts';

export interface SigningKey {
  /** The issuer that a token signed by this key must name. */
  readonly issuer: string;
  readonly key: KeyObject;
}

export interface TenantKeys {
  /**
   * @throws AuthError CC_ERR_AUTH_UNKNOWN_KEY when the tenant has no such key, CC_ERR_AUTH_UNAVAILABLE when that
   * could not be found out
   */
  find(keyId: string): Promise<SigningKey>;
}

export interface TenantKeysOptions {
  readonly authority: Authority;
  readonly tenantId: string;
  readonly version: TokenVersion;
  readonly fetchJson: FetchJson;
  /** Called when a key that was known is no longer published: what it signed may have to be judged again. */
  readonly onKeyWithdrawn?: () => void;
  readonly logger?: Logger;
}

interface LoadedKeys {
  readonly issuer: string;
  readonly byId: ReadonlyMap<string, KeyObject>;
  readonly loadedAtMs: number;
}

export function createTenantKeys(options: TenantKeysOptions): TenantKeys {
  const { authority, tenantId, version, fetchJson, onKeyWithdrawn, logger = silentLogger } = options;
  let loaded: LoadedKeys | undefined;
  let refreshing: Promise<LoadedKeys> | undefined;
  let triedAtMs = -Infinity;
  let lastFailure: AuthError | undefined;

  async function load(): Promise<LoadedKeys> {
    const metadata = readMetadata(
      await fetchJson(metadataUrl(authority, tenantId, version)),
      authority,
      tenantId,
      version,
    );
    const byId = readKeySet(await fetchJson(metadata.keysUrl), authority, tenantId);
    return { issuer: metadata.issuer, byId, loadedAtMs: Date.now() };
  }

  /** One fetch at a time, shared by all who wait for it. */
  function refresh(): Promise<LoadedKeys> {
    refreshing ??= startRefresh().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  }

  async function startRefresh(): Promise<LoadedKeys> {
    triedAtMs = Date.now();
    try {
      const next = await load();
      const withdrawn = loaded !== undefined && isWithdrawn(loaded.byId, next.byId);
      loaded = next;
      lastFailure = undefined;
      logger.info('auth.keys.loaded', { tenantId, version, keys: next.byId.size, withdrawn });
      if (withdrawn) onKeyWithdrawn?.();
      return next;
    } catch (cause) {
      lastFailure = new AuthError(
        'CC_ERR_AUTH_UNAVAILABLE',
        "the identity provider's keys cannot be fetched now",
        {
          cause,
        },
      );
      logger.warn('auth.keys.unavailable', { tenantId, version, error: lastFailure });
      throw lastFailure;
    }
  }

  /** The keys to judge by, after whatever fetch their age asks for. */
  async function current(): Promise<LoadedKeys> {
    const age = loaded === undefined ? Infinity : elapsedSince(loaded.loadedAtMs);
    if (loaded === undefined || age >= KEY_MAX_STALE_MS) {
      if (lastFailure !== undefined && refreshing === undefined && !isCooledDown(FAILED_FETCH_COOLDOWN_MS)) {
        throw lastFailure;
      }
      return refresh();
    }
    if (age < KEY_REFRESH_AHEAD_MS || !isCooledDown(UNKNOWN_KEY_COOLDOWN_MS)) return loaded;
    // The failure is logged where it happens; the known keys go on.
    const attempt = refresh().catch(() => undefined);
    return age < KEY_REFRESH_NOW_MS ? loaded : ((await attempt) ?? loaded);
  }

  function isCooledDown(cooldownMs: number): boolean {
    return elapsedSince(triedAtMs) >= cooldownMs;
  }

  return {
    async find(keyId) {
      let keys = await current();
      let key = keys.byId.get(keyId);
      // A new key, or a made-up one: a fetch tells, and its answer stands for every key id until the cooldown is over.
      if (key === undefined && (refreshing !== undefined || isCooledDown(UNKNOWN_KEY_COOLDOWN_MS))) {
        keys = await refresh();
        key = keys.byId.get(keyId);
      }
      if (key !== undefined) return { issuer: keys.issuer, key };
      if (lastFailure !== undefined) throw lastFailure;
      throw new AuthError(
        'CC_ERR_AUTH_UNKNOWN_KEY',
        'the token is signed with a key that its tenant does not publish',
      );
    },
  };
}

function isWithdrawn(before: ReadonlyMap<string, KeyObject>, after: ReadonlyMap<string, KeyObject>): boolean {
  return [...before].some(([keyId, key]) => !(after.get(keyId)?.equals(key) ?? false));
}

/** A clock that was set back must not stretch a wait: then the moment counts as long ago. */
function elapsedSince(momentMs: number): number {
  const elapsed = Date.now() - momentMs;
  return elapsed < 0 ? Infinity : elapsed;
}

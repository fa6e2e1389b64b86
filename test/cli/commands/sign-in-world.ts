// What the tests of get-token share: a directory of its own for each call, the double's address and CA, and how an answer
// is read.
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import type { JWTPayload } from 'jose';
import type { DirectoryApp, EntraStandIn } from '../../../demo/entra/index.ts';
import { temporaryDirectory } from '../run-command.ts';
import type { CommandResult } from '../run-command.ts';

export interface SignInWorld {
  readonly cwd: string;
  readonly cache: string;
  /** get-token, the authority, its CA and the scope. */
  readonly common: readonly string[];
  /** The cache. */
  readonly env: Readonly<Record<string, string>>;
}

export function signInWorld(entra: EntraStandIn): SignInWorld {
  const cwd = temporaryDirectory();
  const cache = join(cwd, 'cache');
  writeFileSync(join(cwd, 'ca.pem'), entra.caPem);
  return {
    cwd,
    cache,
    common: [
      'get-token',
      '--authority-host',
      entra.authorityHost,
      '--authority-ca',
      'ca.pem',
      '--scope',
      entra.scope,
    ],
    env: { CLUSTER_CONNECT_CACHE_DIR: cache },
  };
}

/** By its name in the double's directory. */
export function appNamed(entra: EntraStandIn, displayName: string): DirectoryApp {
  const app = entra.directory.apps.find((candidate) => candidate.displayName === displayName);
  if (app === undefined) throw new TypeError(`the directory lacks ${displayName}`);
  return app;
}

/** The application with a secret, and the one of people. */
export function clients(entra: EntraStandIn): {
  pipeline: DirectoryApp & { readonly secret: string };
  person: DirectoryApp;
} {
  const pipeline = appNamed(entra, 'deployment pipeline');
  const { secret } = pipeline;
  if (secret === undefined) throw new TypeError('the pipeline has no secret');
  return { pipeline: { ...pipeline, secret }, person: appNamed(entra, 'cluster-connect command line') };
}

/** As if they were over: what is left is the account. */
export function removeTokens(cache: string): void {
  for (const name of readdirSync(cache)) if (name.startsWith('token-')) rmSync(join(cache, name));
}

export function tokenIn(result: CommandResult): string {
  const token: unknown = JSON.parse(result.stdout).status.token;
  if (typeof token !== 'string') throw new TypeError('there is no token');
  return token;
}

export function claimsIn(result: CommandResult): JWTPayload {
  return decodeJwt(tokenIn(result));
}

export function tokenRequests(entra: EntraStandIn): number {
  return entra.requestedPaths().filter((path) => path.endsWith('/oauth2/v2.0/token')).length;
}

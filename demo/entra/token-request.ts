// What a token may be asked to be: who for, for what, and everything about it that a test may want to be wrong.
import type { Directory, DirectoryApp, DirectoryUser } from './directory.ts';
import type { Resource } from './resources.ts';
import type { SigningKey } from './signing-key.ts';

/** What a client proved who it is with: 0, 1 and 2 in `azpacr`. */
export type ClientCredential = 'none' | 'secret' | 'certificate';

/** RFC 7800 §3.4 and what Entra adds: where the key is kept, `sw` for software. */
export interface Confirmation {
  readonly kid: string;
  readonly xms_ksl?: string;
}

/** A token to make up: exactly one of `user` and `app`. */
export interface TokenRequest {
  /** Object id, user principal name, or the part before its `@`. */
  readonly user?: string | DirectoryUser;
  /** Client id, object id or display name. */
  readonly app?: string | DirectoryApp;
  /** The client application of a user's token; the command line by default. */
  readonly client?: string;
  /** By default a secret for an application's, none for a user's. */
  readonly credential?: ClientCredential;
  /** The API that the token is for: the clusters' by default. */
  readonly resource?: Resource;
  /** Binds the token to a key that its bearer proves to have. */
  readonly confirmation?: Confirmation;
  /** By default what the API's registration says. */
  readonly version?: 1 | 2;
  /** 4500 by default: Entra's tokens live 60 to 90 minutes. Negative makes a token that has expired. */
  readonly ttlSeconds?: number;
  /** Replaces claims; undefined takes one out. */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** Replaces parameters of the JOSE header; undefined takes one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Another key than the tenant's own. */
  readonly signWith?: SigningKey;
}

export interface IdTokenRequest {
  readonly nonce?: string;
}

export interface ClaimsContext {
  readonly directory: Directory;
  readonly tenantId: string;
  issuer(version: 1 | 2): string;
}

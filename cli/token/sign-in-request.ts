// What a sign-in needs to be told, and what it gives.
import type { Environment, VariableNames } from './azure-variables.ts';

export interface SignInRequest extends ModeSettings {
  /** An https origin. */
  readonly authorityHost: string;
  /** PEM of an extra CA for the authority host. */
  readonly authorityCa?: string;
  /** A GUID or a domain name of the tenant; '' for a mode that needs none. */
  readonly tenant: string;
  /** '' for a mode that needs none. */
  readonly clientId: string;
  readonly scope: string;
  readonly environment: Environment;
  /** Which variables hold secrets. */
  readonly variableNames: VariableNames;
  /** Where the account of a person is kept between calls. */
  readonly accountFile: string;
  /** A way that can let the person choose another account does so, even if one is kept. */
  readonly askAnew?: boolean;
  /** The key that the token is to be bound to (proof of possession). */
  readonly boundTo?: KeyBinding;
  /** Shows a line to the person; standard output belongs to kubectl. */
  prompt(line: string): void;
}

/** What only one way to sign in looks at. */
export interface ModeSettings {
  readonly clientCertificate?: string | undefined;
  readonly federatedTokenFile?: string | undefined;
  readonly serviceConnectionId?: string | undefined;
  readonly identityResourceId?: string | undefined;
  readonly subscription?: string | undefined;
  readonly redirectUrl?: string | undefined;
  readonly loginHint?: string | undefined;
}

/** What the authority is told about a key of ours. */
export interface KeyBinding {
  /** RFC 7638, SHA-256. */
  readonly thumbprint: string;
  /** The form field `req_cnf`. */
  readonly requestConfirmation: string;
}

/** The public cloud. */
export const DEFAULT_AUTHORITY_HOST = 'https://login.microsoftonline.com';

export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

// What a sign-in needs to be told, and what it gives.

export interface SignInRequest {
  /** An https origin. */
  readonly authorityHost: string;
  /** PEM of an extra CA for the authority host. */
  readonly authorityCa?: string;
  /** A GUID or a domain name of the tenant. */
  readonly tenant: string;
  readonly clientId: string;
  readonly scope: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the account of a person is kept between calls. */
  readonly accountFile: string;
  /** Shows a line to the person; standard output belongs to kubectl. */
  prompt(line: string): void;
}

/** The public cloud. */
export const DEFAULT_AUTHORITY_HOST = 'https://login.microsoftonline.com';

export interface AccessToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

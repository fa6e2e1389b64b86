// What a tenant of the double holds, and how it is found: users, groups, applications, and the API that tokens are for.

/** GUIDs in lower case throughout, as Entra writes them. */
export interface DirectoryUser {
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly objectId: string;
  /** Object ids of groups; more than 200 make an overage, as at Entra. */
  readonly groups: readonly string[];
  /** A guest: who vouches for the person. The name is then of the form `alice_fabrikam.example#EXT#@contoso.example`. */
  readonly guestOf?: { readonly tenantId: string; readonly mail: string };
}

export interface DirectoryGroup {
  readonly displayName: string;
  readonly objectId: string;
}

/** Whose tokens an application's may be replaced by: all three are compared exactly. */
export interface FederatedCredential {
  /** One of the double's own issuers, in full or as a path under its origin, which is not known before it listens. */
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

export interface DirectoryApp {
  readonly displayName: string;
  readonly clientId: string;
  /** Of its service principal in the tenant. */
  readonly objectId: string;
  /** Without this, certificates and federated credentials it is a public client: no client credentials. */
  readonly secret?: string;
  /** PEM: whose keys may sign client assertions. */
  readonly certificates?: readonly string[];
  readonly federatedCredentials?: readonly FederatedCredential[];
  /** Where the authorize endpoint may send a browser. `http://localhost` and `http://127.0.0.1` match with any port. */
  readonly redirectUris?: readonly string[];
  /** A managed identity: the identity endpoint gives its tokens, and nothing else does but a federated credential. */
  readonly managedIdentity?: boolean;
  /** Application permissions of Microsoft Graph: the `roles` of its tokens for Graph. */
  readonly graphPermissions?: readonly string[];
  readonly groups: readonly string[];
  readonly roles: readonly string[];
}

/** The registration that stands for the clusters: what `aud` names. */
export interface DirectoryApi {
  readonly clientId: string;
  readonly appIdUri: string;
  /** The registration's accessTokenAcceptedVersion: it decides, not the endpoint. */
  readonly tokenVersion: 1 | 2;
  readonly scope: string;
}

export interface Directory {
  readonly users: readonly DirectoryUser[];
  readonly groups: readonly DirectoryGroup[];
  readonly apps: readonly DirectoryApp[];
  readonly api: DirectoryApi;
}

/** Finds by object id, user principal name, or the part of it before the `@`. @throws RangeError */
export function findUser(directory: Directory, who: string): DirectoryUser {
  const name = who.toLowerCase();
  const user = directory.users.find(
    ({ objectId, userPrincipalName }) =>
      objectId === name ||
      userPrincipalName.toLowerCase() === name ||
      userPrincipalName.toLowerCase().startsWith(`${name}@`),
  );
  if (user === undefined) throw new RangeError(`the directory has no user "${who}"`);
  return user;
}

/** Finds by client id, object id or display name. @throws RangeError */
export function findApp(directory: Directory, which: string): DirectoryApp {
  const app = directory.apps.find(
    ({ clientId, objectId, displayName }) =>
      clientId === which || objectId === which || displayName === which,
  );
  if (app === undefined) throw new RangeError(`the directory has no application "${which}"`);
  return app;
}

export function isPublicClient(app: DirectoryApp): boolean {
  return (
    app.secret === undefined &&
    app.managedIdentity !== true &&
    (app.certificates ?? []).length === 0 &&
    (app.federatedCredentials ?? []).length === 0
  );
}

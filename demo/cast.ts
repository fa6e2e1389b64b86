// The people of the tour, as the stand-in's directory knows them: who they are, and what the demo lets each of them do.
import type { Directory, DirectoryApp, DirectoryUser } from './entra/index.ts';

export const PEOPLE = ['alice', 'bob', 'mallory', 'pipeline'] as const;
export type Person = (typeof PEOPLE)[number];

export interface Cast {
  /** Of the group platform-admins: reads and writes. */
  readonly alice: DirectoryUser;
  /** Of the group developers: reads. */
  readonly bob: DirectoryUser;
  /** In the tenant, but in no group that may reach the cluster. */
  readonly mallory: DirectoryUser;
  /** Signs in by itself, with a secret. */
  readonly pipeline: DirectoryApp & { readonly secret: string };
  /** The public client that people sign in with. */
  readonly commandLineClientId: string;
  readonly adminsGroupId: string;
  readonly developersGroupId: string;
}

/** @throws TypeError when the directory lacks one of them */
export function castOf(directory: Directory): Cast {
  const user = (name: string): DirectoryUser =>
    required(
      directory.users.find(({ userPrincipalName }) => userPrincipalName.startsWith(`${name}@`)),
      name,
    );
  const groupId = (name: string): string =>
    required(
      directory.groups.find(({ displayName }) => displayName === name),
      name,
    ).objectId;
  const pipeline = required(
    directory.apps.find(({ secret }) => secret !== undefined),
    'an application with a secret',
  );
  const commandLine = required(
    directory.apps.find(({ secret }) => secret === undefined),
    'a public client',
  );
  return {
    alice: user('alice'),
    bob: user('bob'),
    mallory: user('mallory'),
    pipeline: { ...pipeline, secret: required(pipeline.secret, 'a secret') },
    commandLineClientId: commandLine.clientId,
    adminsGroupId: groupId('platform-admins'),
    developersGroupId: groupId('developers'),
  };
}

function required<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new TypeError(`the directory of the demo has no ${what}`);
  return found;
}

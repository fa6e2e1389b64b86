// The `entra` settings, the same for the gateway and the agent: each verifies every token by its own list.
import { z } from 'zod';
import { DEFAULT_AUTHORITY_HOST } from '../token/sign-in-request.ts';
import { duration, guid, httpsOrigin, path, shortText } from './fields.ts';
import { settingNotes } from './setting-keys.ts';

const MAX_TENANTS = 100;
const MAX_AUDIENCES = 20;
const MAX_PERMISSIONS = 50;

/** For `groupsOverage: graph`. A refusal of two credentials would hide which one is used. */
const graphFields = () =>
  z.strictObject({
    clientId: guid().register(settingNotes, {
      description: 'The application that Graph gave permission to.',
    }),
    clientSecretFile: path().optional().register(settingNotes, {
      description: 'File with its secret; read again whenever a token is fetched.',
      holds: 'secret',
    }),
    certificateFile: path().optional().register(settingNotes, {
      description: 'PEM file with its certificate and private key, instead of a secret.',
      holds: 'private key',
    }),
    federatedTokenFile: path().optional().register(settingNotes, {
      description: 'File with the token of a workload identity, instead of a secret.',
      holds: 'secret',
    }),
    origin: httpsOrigin().optional().register(settingNotes, {
      description: "Graph's address, for an authority that is none of Microsoft's.",
    }),
    whenUnavailable: z.enum(['fail', 'without-groups']).default('fail').register(settingNotes, {
      description: 'While Graph cannot be asked: refuse such a token for now, or go on without groups.',
    }),
  });

export const entraFields = () =>
  z.strictObject({
    authorityHost: httpsOrigin()
      .default(DEFAULT_AUTHORITY_HOST)
      .register(settingNotes, { description: 'Where tokens come from; another one for a sovereign cloud.' }),
    tenants: z
      .array(guid())
      .min(1)
      .max(MAX_TENANTS)
      .register(settingNotes, { description: 'Tenant ids whose tokens are accepted.' }),
    audiences: z.array(shortText()).min(1).max(MAX_AUDIENCES).register(settingNotes, {
      description: "Accepted `aud` values: the API's client id and, for v1 tokens, its App ID URIs.",
    }),
    usernameClaim: z.enum(['oid', 'upn']).default('oid').register(settingNotes, {
      description: 'What becomes the Kubernetes user name; `upn` is the convention of Azure Arc.',
    }),
    requiredScopes: z.array(shortText()).max(MAX_PERMISSIONS).default([]).register(settingNotes, {
      description: "A user's token needs one of these scopes (`scp`); without any, all pass.",
    }),
    requiredRoles: z.array(shortText()).max(MAX_PERMISSIONS).default([]).register(settingNotes, {
      description: "An application's token needs one of these app roles (`roles`); without any, all pass.",
    }),
    accept: z.enum(['bearer', 'pop', 'either']).default('either').register(settingNotes, {
      description: 'Plain bearer tokens, proof-of-possession tokens, or either.',
    }),
    popLifetime: duration(30_000, 3_600_000, '30s to 1h').prefault('15m').register(settingNotes, {
      description: 'How long after it was signed a proof-of-possession token is accepted.',
    }),
    groupsOverage: z.enum(['fail', 'without-groups', 'graph']).default('fail').register(settingNotes, {
      description: 'A token with over 200 groups: refuse it, go on without groups, or ask Microsoft Graph.',
    }),
    graph: graphFields().optional(),
    clockSkewSeconds: z
      .int()
      .min(0)
      .max(60)
      .default(60)
      .register(settingNotes, { description: 'Tolerated difference of clocks, 0 to 60 seconds.' }),
    authorityCaFile: path().optional().register(settingNotes, {
      description: 'PEM file of an extra CA for the authority host, such as a TLS-inspecting proxy.',
      holds: 'certificates',
    }),
  });

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

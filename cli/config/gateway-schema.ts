// The gateway's settings as a person writes them: names, kinds, limits, defaults and what each is for.
// docs/configuration.md lists the same; a test compares the two.
import { z } from 'zod';
import { LOG_LEVELS, entraFields } from './entra-fields.ts';
import {
  clusterName,
  clusterPattern,
  dnsName,
  duration,
  guid,
  httpsOrigin,
  listenAddress,
  path,
  processCount,
  serviceAccount,
  shortText,
} from './fields.ts';
import { settingNotes } from './setting-keys.ts';

const MAX_RULES = 1000;
/** Each has sessions to all others, and about 100 MB of memory of its own. */
export const MAX_PROCESSES = 64;
const MAX_NAMES_IN_RULE = 1000;
const MAX_ISSUERS = 20;

const accessRule = z
  .strictObject({
    clusters: z.array(clusterPattern()).min(1).max(MAX_NAMES_IN_RULE),
    role: z.enum(['viewer', 'user', 'admin']),
    users: z.array(guid()).max(MAX_NAMES_IN_RULE).default([]),
    groups: z.array(guid()).max(MAX_NAMES_IN_RULE).default([]),
    applications: z.array(guid()).max(MAX_NAMES_IN_RULE).default([]),
  })
  .refine((rule) => rule.users.length + rule.groups.length + rule.applications.length > 0, {
    message: 'names nobody: give users, groups or applications',
  });

// One cluster's keys: a rule for all of them would carry its accounts' tokens to any agent that a client names.
const serviceAccountRule = z.strictObject({
  clusters: z.array(clusterName()).min(1).max(MAX_NAMES_IN_RULE),
  issuers: z.array(shortText()).min(1).max(MAX_ISSUERS),
  keysFile: path(),
  accounts: z.array(serviceAccount()).min(1).max(MAX_NAMES_IN_RULE),
  role: z.enum(['viewer', 'user', 'admin']),
});

export const gatewaySchema = z.strictObject({
  listen: listenAddress()
    .prefault('0.0.0.0:8443')
    .register(settingNotes, { description: 'Where clients and agents connect (TLS).' }),
  privateListen: listenAddress().prefault('127.0.0.1:9090').register(settingNotes, {
    description: '`/healthz`, `/readyz` and `/metrics`: plain HTTP, not for the outside.',
  }),
  processes: processCount(MAX_PROCESSES).prefault('auto').register(settingNotes, {
    description: 'How many processes share the port; `auto` is one for each core.',
  }),
  publicUrl: httpsOrigin().register(settingNotes, {
    description: 'Where clients and agents find the gateway.',
  }),
  dataDir: path().prefault('/var/lib/cluster-connect').register(settingNotes, {
    description: "Holds the gateway's own CA, its keys and its database.",
    relative: true,
  }),
  clusterDomain: dnsName().default('cluster-connect.internal').register(settingNotes, {
    description: "`<cluster>.<clusterDomain>` is a cluster's TLS server name. Needs no DNS.",
  }),
  hostDomain: dnsName().optional().register(settingNotes, {
    description: "`<cluster>.<hostDomain>` is a cluster's host name; needs a wildcard name and certificate.",
  }),
  tls: z
    .strictObject({
      certificateFile: path().register(settingNotes, {
        description: "PEM chain for the gateway's own name; without it the own CA issues one.",
        holds: 'certificates',
      }),
      privateKeyFile: path().register(settingNotes, {
        description: 'PEM private key of that chain.',
        holds: 'private key',
      }),
    })
    .optional(),
  entra: entraFields(),
  access: z.array(accessRule).max(MAX_RULES).default([]).register(settingNotes, {
    description: 'Who may reach which cluster. Nobody may whom no rule names.',
    noFlag: true,
  }),
  serviceAccounts: z.array(serviceAccountRule).max(MAX_RULES).default([]).register(settingNotes, {
    description: 'Which ServiceAccounts may come with their own tokens. Without a rule none may.',
    noFlag: true,
  }),
  denyListFile: path().optional().register(settingNotes, {
    description: 'File that names who is kept out whatever the rules say; looked at again and again.',
    relative: true,
  }),
  tokenGrace: duration(0, 3_600_000, 'at most 1h').prefault('0s').register(settingNotes, {
    description: 'How long a running stream may outlive its token.',
  }),
  popHolder: z.enum(['address', 'any']).default('address').register(settingNotes, {
    description: 'Who may use a proof-of-possession token again: the address that used it first, or any.',
  }),
  drainTimeout: duration(0, 3_600_000, 'at most 1h')
    .prefault('30s')
    .register(settingNotes, { description: 'How long running requests may go on after SIGTERM.' }),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .register(settingNotes, { description: 'Log lines of this level and above.' }),
});

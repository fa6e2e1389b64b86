// The agent's settings as a person writes them: names, kinds, limits, defaults and what each is for.
// docs/configuration.md lists the same; a test compares the two.
import { z } from 'zod';
import { LOG_LEVELS, entraFields } from './entra-fields.ts';
import { duration, httpsOrigin, joinToken, listenAddress, path, proxyAddress, shortText } from './fields.ts';
import { settingNotes } from './setting-keys.ts';

const MAX_TUNNELS = 16;
const MAX_ISSUERS = 20;

export const agentSchema = z.strictObject({
  gatewayUrl: httpsOrigin().register(settingNotes, { description: "The gateway's public address." }),
  gatewayCaFile: path().optional().register(settingNotes, {
    description: "PEM file of the CA that signed the gateway's certificate; without it the system's roots.",
    holds: 'certificates',
  }),
  joinToken: joinToken().optional().register(settingNotes, {
    description: 'The join token itself. Needed once; better kept in a file or in the environment.',
    noFlag: true,
  }),
  joinTokenFile: path().optional().register(settingNotes, {
    description: 'File with the join token. Needed once: it may be gone after the first start.',
    holds: 'secret',
    mayBeMissing: true,
  }),
  stateDir: path().prefault('/var/lib/cluster-connect-agent').register(settingNotes, {
    description: "Holds the agent's private key and what registration answered.",
    relative: true,
  }),
  proxyUrl: proxyAddress().optional().register(settingNotes, {
    description:
      'Outbound proxy, `http://[user:password@]host:port`, or `direct`; without it `HTTPS_PROXY` and `NO_PROXY` count.',
    noFlag: true,
  }),
  tunnels: z
    .int()
    .min(1)
    .max(MAX_TUNNELS)
    .default(2)
    .register(settingNotes, { description: 'How many tunnels to keep, 1 to 16.' }),
  entra: entraFields(),
  serviceAccounts: z.strictObject({
    issuers: z.array(shortText()).max(MAX_ISSUERS).default([]).register(settingNotes, {
      description: 'Issuers of ServiceAccount tokens that go to the apiserver as they are; none by default.',
    }),
  }),
  groups: z.enum(['all', 'bound']).default('all').register(settingNotes, {
    description:
      'What the apiserver is told of a user in more than 200 groups: all of them, or those that a role binding names.',
  }),
  denyListFile: path().optional().register(settingNotes, {
    description: 'File that names who is kept out whatever their token says; looked at again and again.',
    relative: true,
  }),
  tokenGrace: duration(0, 3_600_000, 'at most 1h').prefault('0s').register(settingNotes, {
    description: 'How long a running stream may outlive its token.',
  }),
  upstream: z.strictObject({
    server: httpsOrigin().register(settingNotes, {
      description: "The apiserver's address. In a pod: found by itself.",
    }),
    caFile: path().register(settingNotes, {
      description: "PEM file of the CA that signed the apiserver's certificate. In a pod: found by itself.",
      holds: 'certificates',
    }),
    tokenFile: path().register(settingNotes, {
      description:
        "File with the agent's ServiceAccount token, read again before it expires. In a pod: found by itself.",
      holds: 'secret',
    }),
  }),
  privateListen: listenAddress().optional().register(settingNotes, {
    description: '`/healthz`, `/readyz` and `/metrics`: plain HTTP. Without it the agent listens on nothing.',
  }),
  drainTimeout: duration(0, 3_600_000, 'at most 1h')
    .prefault('30s')
    .register(settingNotes, { description: 'How long running streams may go on after SIGTERM.' }),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('info')
    .register(settingNotes, { description: 'Log lines of this level and above.' }),
});

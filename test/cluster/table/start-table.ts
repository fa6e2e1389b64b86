// What each file of the table begins with: a relay whose alice may do everything, and the files that commands find.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { bindClusterAdmin } from '../cluster-objects.ts';
import { startRelay } from '../relay-fixture.ts';
import type { Relay } from '../relay-fixture.ts';
import { createRowRunner } from './lanes.ts';
import type { RunRow } from './lanes.ts';
import { writeFiles } from './reading-world.ts';

export interface Table {
  readonly relay: Relay;
  readonly run: RunRow;
}

export async function startTable(): Promise<Table> {
  const relay = await startRelay();
  for (const group of relay.user('alice').groups) await bindClusterAdmin(relay.admin, group);
  const directory = mkdtempSync(join(relay.directory, 'files-'));
  writeFiles(directory);
  return { relay, run: createRowRunner(relay, directory) };
}

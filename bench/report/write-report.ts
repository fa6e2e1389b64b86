// `npm run bench -- report`: docs/performance.md and its plots, from the results that are kept.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CLOUD_PEERS } from '../peers/index.ts';
import { readResult } from '../result-file.ts';
import type { BenchResult } from '../result-file.ts';
import { barChart } from './bar-chart.ts';
import { blockNames, replaceBlocks } from './blocks.ts';
import { comparePeers, renderPeersAhead } from './peers-ahead.ts';
import { readProfileSummaries } from './profile-files.ts';
import { absentBlock, machineBlock, profilesBlock, routesBlock, targetsBlock } from './report-blocks.ts';
import { emptyScenarioBlock, scenarioBlock } from './scenario-block.ts';
import { scenarioPlot } from './scenario-plot.ts';

const DOCUMENT = 'performance.md';
const PLOTS = 'performance';

/**
 * The prose of the document is kept; only its blocks are made anew. A block that is about no result says so.
 * @returns the files written
 * @throws Error for a file that is no result, and for a document whose markers are wrong or lack a result's block
 */
export async function writeReport(resultsDir: string, docsDir: string): Promise<readonly string[]> {
  const document = join(docsDir, DOCUMENT);
  const text = await readFile(document, 'utf8');
  const found = await readResults(resultsDir);
  const names = blockNames(text);
  // As the document has them.
  const results = found.toSorted((a, b) => names.indexOf(a.bench) - names.indexOf(b.bench));
  const contents = new Map([
    ['machine', machineBlock(results)],
    ['routes', routesBlock(results)],
    ['targets', targetsBlock(results)],
    ['peers-ahead', renderPeersAhead(comparePeers(results))],
    ['absent', absentBlock(results, CLOUD_PEERS)],
    ['profiles', profilesBlock(await readProfileSummaries(resultsDir))],
    ...results.map((result): [string, string] => [
      result.bench,
      scenarioBlock(result, `${PLOTS}/${result.bench}.svg`),
    ]),
  ]);
  for (const name of names) if (!contents.has(name)) contents.set(name, emptyScenarioBlock(name));
  const report = replaceBlocks(text, contents);

  const written: string[] = [];
  const write = async (file: string, content: string): Promise<void> => {
    await writeFile(file, content);
    written.push(file);
  };
  await mkdir(join(docsDir, PLOTS), { recursive: true });
  for (const result of results) {
    const chart = scenarioPlot(result);
    if (chart !== undefined) await write(join(docsDir, PLOTS, `${result.bench}.svg`), barChart(chart));
  }
  await write(document, report);
  return written;
}

async function readResults(directory: string): Promise<readonly BenchResult[]> {
  // Made by the first run that keeps something.
  await mkdir(directory, { recursive: true });
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).toSorted();
  return Promise.all(names.map((name) => readResult(join(directory, name))));
}

// The programs of the peers that are built with Go: which, at which version, and how each is had on this machine.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildTool, findGo, findTool, STRIP } from '../../demo/go-tools/index.ts';
import type { Environment, Print, Tool, ToolSet } from '../../demo/go-tools/index.ts';

const CHISEL = describeSet('chisel', '1.12.0');
const FRP = describeSet('frp', '0.71.0');
const KONNECTIVITY = describeSet('konnectivity', '0.36.0');
/** Ours: the reverse proxies before the libraries that bring none. Its version is remotedialer's. */
const FRONTS = describeSet('fronts', '0.6.0-rc.1.0.20250916111157-f160aa32568d');

/** Its dashboards are built with npm and not in its module; the tag leaves them out. */
const WITHOUT_DASHBOARD = 'noweb';

export const PEER_TOOLS = {
  chisel: { set: CHISEL, executable: 'chisel', package: 'github.com/jpillora/chisel', linkerFlags: STRIP },
  frps: frpTool('frps'),
  frpc: frpTool('frpc'),
  proxyServer: konnectivityTool('proxy-server', 'server'),
  proxyAgent: konnectivityTool('proxy-agent', 'agent'),
  goProxy: frontTool('go-proxy'),
  remotedialerServer: frontTool('remotedialer-server'),
  remotedialerClient: frontTool('remotedialer-client'),
  konnectivityFront: frontTool('konnectivity-front'),
} as const satisfies Readonly<Record<string, Tool>>;

export type PeerToolName = keyof typeof PEER_TOOLS;

/** Where to look for programs. */
export interface ToolSearch {
  readonly environment: Environment;
  /** Looked into after the PATH. */
  readonly directories: readonly string[];
  readonly print: Print;
}

const ALL_TOOLS: readonly Tool[] = Object.values(PEER_TOOLS);
const VERSION_TIMEOUT_MS = 10_000;

const run = promisify(execFile);

/**
 * Takes it from the cache, or builds it.
 * @throws MissingToolsError when Go fails; Error when there is no Go
 */
export async function providePeerTool(name: PeerToolName, search: ToolSearch): Promise<string> {
  const tool: Tool = PEER_TOOLS[name];
  const places = { environment: search.environment, tools: ALL_TOOLS };
  const found = await findTool(tool, places);
  if (found !== undefined) return found;
  const go = await findGo(search.environment, search.directories);
  if (go === undefined)
    throw new Error(
      `no Go on this machine to build ${tool.executable} with (${tool.set.goVersion} or newer)`,
    );
  search.print(`building ${tool.executable} with ${go}`);
  await buildTool(go, tool, places, search.print);
  const built = await findTool(tool, places);
  if (built === undefined) throw new TypeError('what was built is not found in the cache');
  return built;
}

/** @returns `Go 1.26.8` as the program says it was built with; `Go` on a machine that has none any more */
export async function goVersionOf(file: string, search: ToolSearch): Promise<string> {
  const go = await findGo(search.environment, search.directories);
  if (go === undefined) return 'Go';
  const { stdout } = await run(go, ['version', file], { timeout: VERSION_TIMEOUT_MS });
  return `Go ${/go(\d+(?:\.\d+)*)\s*$/.exec(stdout.trim())?.[1] ?? ''}`.trimEnd();
}

function describeSet(name: string, version: string): ToolSet {
  return { name: `bench-${name}`, version, directory: join(import.meta.dirname, name), goVersion: '1.26' };
}

function frpTool(executable: string): Tool {
  const name = `github.com/fatedier/frp/cmd/${executable}`;
  return { set: FRP, executable, package: name, linkerFlags: STRIP, tags: WITHOUT_DASHBOARD };
}

function konnectivityTool(executable: string, command: string): Tool {
  const name = `sigs.k8s.io/apiserver-network-proxy/cmd/${command}`;
  return { set: KONNECTIVITY, executable, package: name, linkerFlags: STRIP };
}

function frontTool(executable: string): Tool {
  return { set: FRONTS, executable, package: `./${executable}`, linkerFlags: STRIP };
}

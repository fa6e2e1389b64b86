// The paths that are no resources: health, version, discovery, OpenAPI.
import { sendObject } from './exchange.ts';
import type { Exchange } from './exchange.ts';
import type { JsonObject } from './json.ts';
import { parseAccept } from './objects/accept.ts';
import {
  aggregatedDiscovery,
  coreVersions,
  groupDiscovery,
  groupList,
  resourceList,
} from './schema/discovery.ts';
import type { DiscoveryVersion } from './schema/discovery.ts';
import { STANDIN_VERSION, openApiDocument, openApiIndex } from './schema/openapi.ts';
import { StatusError, noSuchPath } from './status-error.ts';

const ROOT_PATHS = [
  '/api',
  '/apis',
  '/healthz',
  '/livez',
  '/openapi/v2',
  '/openapi/v3',
  '/readyz',
  '/version',
];

/** @throws StatusError 404, 405, 406 */
export function answerSystemPath(exchange: Exchange, path: string, address: string): void {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') {
    throw new StatusError(
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  }
  const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  if (/^\/(?:healthz|livez|readyz)(?:\/ping)?$/.test(plain))
    exchange.send(200, 'text/plain; charset=utf-8', 'ok');
  else if (plain === '/api' || plain === '/apis') answerDiscovery(exchange, plain === '/api', address);
  else sendObject(exchange, 200, systemObject(exchange, plain));
}

function systemObject(exchange: Exchange, path: string): JsonObject {
  const [, area, group = '', version] =
    /^\/(api|apis|openapi\/v3\/apis?)\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const groupVersion = version === undefined ? group : `${group}/${version}`;
  let found: JsonObject | undefined;
  if (path === '/') found = { paths: ROOT_PATHS };
  else if (path === '/version') found = versionObject();
  else if (path === '/openapi/v2') found = swagger(exchange);
  else if (path === '/openapi/v3') found = openApiIndex();
  else if (area === 'apis' && version === undefined) found = groupDiscovery(group);
  else if (area === 'api' || area === 'apis')
    found = servedBelow(area === 'apis', groupVersion, resourceList);
  else if (area !== undefined) found = servedBelow(area.endsWith('apis'), groupVersion, openApiDocument);
  if (found === undefined) throw noSuchPath();
  return found;
}

/** The core group lives below /api only, every other one below /apis only. */
function servedBelow<Found>(
  grouped: boolean,
  groupVersion: string,
  find: (groupVersion: string) => Found,
): Found | undefined {
  return groupVersion.includes('/') === grouped ? find(groupVersion) : undefined;
}

function answerDiscovery(exchange: Exchange, core: boolean, address: string): void {
  for (const { type, parameters } of parseAccept(exchange.header('accept'))) {
    const version = parameters.get('v');
    const aggregated =
      parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (type === 'application/json' && aggregated && isDiscoveryVersion(version)) {
      const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
      exchange.send(200, contentType, JSON.stringify(aggregatedDiscovery(version, core)), { vary: 'Accept' });
      return;
    }
    if ((type === 'application/json' || type === '*/*' || type === 'application/*') && !aggregated) break;
  }
  sendObject(exchange, 200, core ? coreVersions(address) : groupList(), { vary: 'Accept' });
}

function isDiscoveryVersion(version: string | undefined): version is DiscoveryVersion {
  return version === 'v2' || version === 'v2beta1';
}

function versionObject(): JsonObject {
  return {
    major: '1',
    minor: '34',
    gitVersion: STANDIN_VERSION,
    gitCommit: 'cluster-connect-demo',
    gitTreeState: 'standin',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none: the demo stand-in of cluster-connect, not Kubernetes',
    compiler: 'none',
    platform: 'linux/amd64',
  };
}

/** Version 2 as JSON, nearly empty: today's clients read version 3. kubectl asks for protobuf and takes 406 well. */
function swagger(exchange: Exchange): JsonObject {
  const json = parseAccept(exchange.header('accept')).some(
    ({ type }) => type === 'application/json' || type === '*/*',
  );
  if (!json)
    throw new StatusError('NotAcceptable', 'only the following media types are accepted: application/json');
  return {
    swagger: '2.0',
    info: { title: 'cluster-connect demo API server', version: STANDIN_VERSION },
    paths: {},
  };
}

// nginx as one hop, set up as a good operator would before a kube-apiserver, with one worker: as many as the other hops
// have event loops.
import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findFreePorts } from '../../demo/control-plane/index.ts';
import { LOOPBACK, onePort } from './address.ts';
import { PeerProcesses } from './peer-processes.ts';
import { programOnPath, toldVersion } from './programs.ts';
import { ROUTE_INFO } from './route.ts';
import type { World } from './route.ts';
import type { RouteContext, StartedRoute } from './route-start.ts';

export async function startNginx(context: RouteContext): Promise<StartedRoute> {
  const { world, directory, search } = context;
  const nginx = await programOnPath('nginx', search);
  const version = await toldVersion(nginx, ['-v'], /nginx\/(\S+)/, search.environment);
  const [port = 0] = await findFreePorts(1);
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, renderConfig(world, port, directory));
  await using processes = new PeerProcesses(context);
  // -e: what it says before it has read where the log is.
  await processes.startServer('nginx', nginx, ['-p', directory, '-e', 'stderr', '-c', file], port);
  return processes.asRoute(ROUTE_INFO.nginx, `nginx ${version}, 1 worker`, onePort(world, port));
}

/** Buffering is off both ways, as ingress controllers have it: with it on, an event of a watch waits for the next ones. */
function renderConfig({ tls, apiserver }: World, port: number, directory: string): string {
  const { uid, username } = userInfo();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  // The worker would otherwise be a user who may not enter the folder of the run.
  return `${uid === 0 ? `user ${username};\n` : ''}daemon off;
worker_processes 1;
error_log stderr warn;
pid ${directory}/nginx.pid;
events {
  worker_connections 4096;
}
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${directory}/${name};`).join('\n')}
  keepalive_timeout 90s;
  keepalive_requests 10000000;
  map $http_upgrade $connection_header {
    default upgrade;
    '' '';
  }
  upstream apiserver {
    server ${LOOPBACK}:${apiserver.http1Port};
    keepalive 1024;
    keepalive_requests 10000000;
    keepalive_timeout 90s;
  }
  server {
    listen ${LOOPBACK}:${port} ssl http2;
    ssl_certificate ${tls.certFile};
    ssl_certificate_key ${tls.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    client_max_body_size 0;
    large_client_header_buffers 4 64k;
    location / {
      proxy_pass https://apiserver;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_header;
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate ${tls.caFile};
      proxy_ssl_name localhost;
      proxy_buffering off;
      proxy_buffer_size 64k;
      proxy_buffers 4 64k;
      proxy_request_buffering off;
      proxy_read_timeout 1h;
      proxy_send_timeout 1h;
    }
  }
}
`;
}

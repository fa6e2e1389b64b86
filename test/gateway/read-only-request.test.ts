// What a viewer may send: decided by path, as the apiserver reads it, and never in doubt.
import { describe, expect, it } from 'vitest';
import { mayUse } from '../../gateway/access.ts';

const POD = '/api/v1/namespaces/default/pods/web';
const REVIEWS = '/apis/authorization.k8s.io/v1';

const allowed: readonly [method: string, target: string][] = [
  ['GET', '/api'],
  ['GET', '/apis/apps/v1'],
  ['GET', '/version?timeout=32s'],
  ['GET', '/openapi/v3/apis/apps/v1?hash=1'],
  ['GET', '/api/v1/'],
  ['GET', '/api/v1/namespaces'],
  ['GET', '/api/v1/namespaces/default'],
  ['GET', '/api/v1/namespaces/proxy/status'],
  ['GET', '/api/v1/namespaces/default/pods?watch=true&labelSelector=a%2Fb'],
  ['HEAD', POD],
  ['GET', `${POD}/log?follow=true`],
  ['GET', '/api/v1/namespaces/proxy/pods/exec'],
  ['GET', '/api/v1/namespaces/exec/pods/attach/status'],
  ['GET', '/api/v1/watch/namespaces/default/pods'],
  ['GET', '/api/v1/nodes/proxy'],
  ['GET', '/apis/apps/v1/namespaces/default/deployments/portforward/scale'],
  ['GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node-proxier'],
  ['GET', `${POD}/log?container=/exec`],
  ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews'],
  ['POST', '/apis/authentication.k8s.io/v1beta1/selfsubjectreviews'],
  ['POST', '/apis/authentication.k8s.io/v1alpha1/selfsubjectreviews?fieldManager=kubectl'],
  ['POST', `${REVIEWS}/selfsubjectaccessreviews`],
  ['POST', `${REVIEWS}/selfsubjectrulesreviews`],
];

const refused: readonly [method: string, target: string][] = [
  ['POST', '/api/v1/namespaces/default/pods'],
  ['PUT', POD],
  ['PATCH', POD],
  ['DELETE', POD],
  ['OPTIONS', POD],
  ['get', POD],
  ['CONNECT', POD],
  ['GET', `${POD}/exec?command=sh`],
  ['HEAD', `${POD}/exec`],
  ['GET', `${POD}/exec/`],
  ['GET', `${POD}/attach`],
  ['GET', `${POD}/portforward`],
  ['GET', `${POD}/proxy`],
  ['GET', `${POD}/proxy/metrics`],
  ['GET', '/api/v1/nodes/n1/proxy/exec/default/web/app'],
  ['GET', '/api/v1/namespaces/default/services/https:web:443/proxy/'],
  ['GET', '/api/v1/proxy/namespaces/default/pods/web'],
  ['GET', '/api/v1/watch/namespaces/default/pods/web/exec'],
  ['GET', '/apis/example.com/v1/namespaces/default/things/one/proxy'],
  // Hidden from a reader that does not decode, or that decodes later than the apiserver.
  ['GET', `${POD}/%65xec`],
  ['GET', `${POD}/e%78e%63?stdin=true`],
  ['GET', `${POD}%2Fexec`],
  ['GET', '/%61pi/v1/namespaces/default/pods/web/exec'],
  ['GET', '/api/v1/n%61mespaces/default/pods/web/exec'],
  // In doubt: refused.
  ['GET', '//api/v1/pods'],
  ['GET', '/api//v1/namespaces/default/pods/web/exec'],
  ['GET', '/api/v1/./namespaces/default/pods/web/log'],
  ['GET', '/api/v1/namespaces/default/pods/web/log/..'],
  ['GET', '/api/v1/namespaces/default/pods/web/%2e%2e/web/exec'],
  ['GET', `${POD}/%`],
  ['GET', `${POD}/%ff`],
  ['GET', 'api/v1/pods'],
  ['GET', ''],
  ['GET', '*'],
  // Not about oneself, or not exactly the review.
  ['POST', `${REVIEWS}/subjectaccessreviews`],
  ['POST', `${REVIEWS}/namespaces/default/localsubjectaccessreviews`],
  ['POST', '/apis/authentication.k8s.io/v1/tokenreviews'],
  ['POST', `${REVIEWS}/selfsubjectaccessreviews/extra`],
  ['POST', `/x${REVIEWS}/selfsubjectaccessreviews`],
  ['PUT', `${REVIEWS}/selfsubjectaccessreviews`],
];

describe('a viewer', () => {
  it.each(allowed)('may send %s %s', (method, target) => {
    expect(mayUse('viewer', { method, target, upgrade: '' })).toBe(true);
  });

  it.each(refused)('may not send %s %s', (method, target) => {
    expect(mayUse('viewer', { method, target, upgrade: '' })).toBe(false);
  });

  it.each(['websocket', 'SPDY/3.1'])('may not upgrade to %s, whatever the path', (upgrade) => {
    expect(mayUse('viewer', { method: 'GET', target: '/api/v1/pods?watch=1', upgrade })).toBe(false);
  });
});

describe.each(['user', 'admin'] as const)('a %s', (role) => {
  it.each([...allowed, ...refused])('may send %s %s, for RBAC to judge', (method, target) => {
    expect(mayUse(role, { method, target, upgrade: '' })).toBe(true);
  });
});

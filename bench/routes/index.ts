export { isRelayRoute, ROUTE_INFO, ROUTES } from './route.ts';
export type {
  AbsentRoute,
  LinkOptions,
  Protocol,
  RelayRoute,
  RelayShape,
  RouteAddress,
  RouteInfo,
  RouteKind,
  RouteName,
  RouteProcess,
  RunningRoute,
  World,
} from './route.ts';
export { startRoutes } from './start-routes.ts';
export type { RouteOptions, RunningRoutes } from './start-routes.ts';

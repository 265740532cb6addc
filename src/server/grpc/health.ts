import { HealthImplementation } from 'grpc-health-check';
import type { CallSet } from '../handlers/call-scope.js';
import { endable } from './endable.js';
import type { AddService } from './endable.js';

/** grpc.health.v1: one status a service, and one of the whole under the empty name. */
export function addHealth(server: AddService, calls: CallSet): HealthImplementation {
  const health = new HealthImplementation();
  health.addToServer(endable(server, calls));
  return health;
}

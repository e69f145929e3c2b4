import { type Frontend, frontendsOf, type ServiceSpec } from '@lbx/maps';
import { CoreError } from '../errors.ts';
import type { ServiceChanges } from './programmer.ts';

/**
 * The frontends of what `apply()` is given. @throws CoreError `LBX_BAD_OPTION` for what is no list, ServiceError
 * `LBX_SERVICE_FIELD` for services in a form that has to be parsed first.
 */
export function wantedFrontends(desired: Iterable<ServiceSpec | Frontend>): Frontend[] {
  if (typeof desired !== 'object' || desired === null || !(Symbol.iterator in desired))
    throw new CoreError(
      'LBX_BAD_OPTION',
      'apply: expected a list of services or frontends, such as [service]',
    );
  return [...desired].flatMap((item) => ('frontends' in item ? frontendsOf(item) : [item]));
}

/** Is it what `update()` takes? @throws CoreError `LBX_BAD_OPTION` */
export function assertChanges(changes: ServiceChanges): void {
  if (changes instanceof Map) return;
  throw new CoreError(
    'LBX_BAD_OPTION',
    'update: expected a Map of names of services to their frontends, such as new Map([[name, frontendsOf(service)]]); apply() takes lists',
  );
}

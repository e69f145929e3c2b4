import { CoreError } from './errors.ts';

/** What calls of a load balancer throw after its `close`. */
export const closedError = (): CoreError =>
  new CoreError('LBX_CLOSED', 'this load balancer is closed; make a new one with createLoadBalancer()');

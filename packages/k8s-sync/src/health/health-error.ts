import { SyncError } from '../errors.ts';
import { endpointText } from '../objects/ip-address.ts';

/** A health port cannot be served where it should be. Everything else goes on, and it is tried again. */
export class HealthPortError extends SyncError {
  override readonly name = 'HealthPortError';
  readonly code = 'LBX_HEALTH_PORT';
  readonly address: string;
  readonly port: number;
  /** "health checks of Service default/web" */
  readonly purpose: string;

  constructor(place: { address: string; port: number; purpose: string }, reason: string, cause?: unknown) {
    super(
      `${place.purpose} cannot be served on ${endpointText(place.address, place.port)}: ${reason}`,
      cause === undefined ? undefined : { cause },
    );
    this.address = place.address;
    this.port = place.port;
    this.purpose = place.purpose;
  }
}

/** Why listening failed, and what to do. */
export function listenFailure(cause: NodeJS.ErrnoException, port: number): string {
  if (cause.code === 'EADDRINUSE') {
    return `another process (or Service) has the port; find it by 'ss -ltnp sport = :${port}'. It is tried again and again`;
  }
  if (cause.code === 'EACCES') return 'this process may not listen there; it needs CAP_NET_BIND_SERVICE';
  return `${cause.message}. It is tried again and again`;
}

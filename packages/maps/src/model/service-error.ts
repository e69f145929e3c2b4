import { MapsError, type MapsErrorCode } from '../errors.ts';

/** What can be wrong with a service. */
export type ServiceErrorCode = Extract<
  MapsErrorCode,
  | 'LBX_SERVICE_ADDRESS'
  | 'LBX_SERVICE_FAMILY'
  | 'LBX_SERVICE_PORT'
  | 'LBX_SERVICE_AFFINITY'
  | 'LBX_SERVICE_FIELD'
  | 'LBX_FRONTEND_CONFLICT'
>;

/** A service, frontend or backend that cannot be used: names the service, the field and what is in it. */
export class ServiceError extends MapsError {
  override readonly name = 'ServiceError';
  /** Name of the service, empty when it has none yet. */
  readonly service: string;
  /** Path inside the service: `backends[2].port`. */
  readonly field: string;
  readonly value: unknown;
  /** What is wrong with the value, and what would be right. */
  readonly problem: string;
  constructor(code: ServiceErrorCode, service: string, field: string, value: unknown, problem: string) {
    const where = service === '' ? shortened(field) : `service ${shortened(service)}: ${shortened(field)}`;
    super(code, `${where}: ${shown(value)} ${problem}`);
    this.service = service;
    this.field = field;
    this.value = value;
    this.problem = problem;
  }

  /** The same error at another place in the service. */
  at(field: string): ServiceError {
    return new ServiceError(this.code as ServiceErrorCode, this.service, field, this.value, this.problem);
  }
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text === undefined ? String(value) : shortened(text, 80);
}

/** Names come from files of others: a message is to fit into a line of a log. */
const shortened = (text: string, most = 300): string =>
  text.length > most ? `${text.slice(0, most - 3)}...` : text;

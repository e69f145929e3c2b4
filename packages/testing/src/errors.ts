/** Codes of {@link TestingError}; match on them, not on the class. */
export type TestingErrorCode =
  | 'LBX_TESTING_COMMAND'
  | 'LBX_TESTING_NO_CGROUP2'
  | 'LBX_TESTING_CLOSED'
  | 'LBX_TESTING_DEFAULT_ROUTE'
  | 'LBX_TESTING_TIMEOUT'
  | 'LBX_TESTING_SOCKET'
  | 'LBX_TESTING_SERVER'
  | 'LBX_TESTING_API'
  | 'LBX_TESTING_OBJECT'
  | 'LBX_PACKET_INVALID';

/** What this package throws. */
export class TestingError extends Error {
  override readonly name = 'TestingError';
  readonly code: TestingErrorCode;

  constructor(code: TestingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * - `LBX_MAGLEV_SIZE`: a table size that is no prime, or out of range.
 * - `LBX_MAGLEV_SEED`: a seed that is not 12 bytes of base64.
 * - `LBX_MAGLEV_BACKENDS`: no backend at all, or one with an id or weight out of range.
 * - `LBX_MAGLEV_ADDRESS`: an address or port that cannot be hashed.
 * - `LBX_MAGLEV_TABLES`: two tables that cannot be compared.
 * - `LBX_MAGLEV_VECTORS`: a file of test vectors in another format.
 */
export type MaglevErrorCode =
  | 'LBX_MAGLEV_SIZE'
  | 'LBX_MAGLEV_SEED'
  | 'LBX_MAGLEV_BACKENDS'
  | 'LBX_MAGLEV_ADDRESS'
  | 'LBX_MAGLEV_TABLES'
  | 'LBX_MAGLEV_VECTORS';

/** What this package throws. Match on `code`. */
export class MaglevError extends Error {
  override readonly name = 'MaglevError';
  readonly code: MaglevErrorCode;

  constructor(code: MaglevErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

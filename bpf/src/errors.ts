/** What went wrong with a prebuilt object. `code` is stable; match on it. */
export class PrebuiltError extends Error {
  override readonly name = 'PrebuiltError';
  /**
   * - `LBX_UNKNOWN_OBJECT`: there is no object of that name
   * - `LBX_OBJECT_MISSING`: the package is incomplete: a file of `prebuilt/` cannot be read
   * - `LBX_OBJECT_CHANGED`: the object's bytes are not those that the manifest describes
   */
  readonly code: 'LBX_UNKNOWN_OBJECT' | 'LBX_OBJECT_MISSING' | 'LBX_OBJECT_CHANGED';
  /** Name of the object, or path of the file. */
  readonly object: string;

  constructor(code: PrebuiltError['code'], object: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.object = object;
  }
}

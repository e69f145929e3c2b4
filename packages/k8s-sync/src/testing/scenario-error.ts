import { SyncError } from '../errors.ts';

/** A scenario file that does not say what it should; the message names file and line. */
export class ScenarioError extends SyncError {
  override readonly name = 'ScenarioError';
  readonly code = 'LBX_BAD_SCENARIO';
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, reason: string) {
    super(`${file}:${line}: ${reason}`);
    this.file = file;
    this.line = line;
  }
}

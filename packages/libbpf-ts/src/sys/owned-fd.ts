import { closeSync } from 'node:fs';
import { LibbpfError } from '../errors.ts';

const registry = new FinalizationRegistry<{ readonly what: string; readonly fd: number }>(({ what, fd }) => {
  process.emitWarning(`${what} was garbage collected without close(); its fd ${fd} stays open`, {
    type: 'LibbpfLeakWarning',
    code: 'LBX_LEAK',
  });
});

/**
 * One file descriptor with one owner: closed once, refused after. When the owner is forgotten without close() it is
 * warned about, never closed: someone may have been given the number.
 */
export class OwnedFd {
  #fd: number;
  readonly #what: string;

  constructor(fd: number, what: string, owner: object) {
    this.#fd = fd;
    this.#what = what;
    registry.register(owner, { what, fd }, this);
  }

  /** The number. Throws LBX_CLOSED after close(). */
  get value(): number {
    if (this.#fd < 0) throw new LibbpfError('LBX_CLOSED', `${this.#what} is closed`);
    return this.#fd;
  }

  get closed(): boolean {
    return this.#fd < 0;
  }

  /** Closing again does nothing. */
  close(): void {
    const fd = this.release();
    if (fd >= 0) closeSync(fd);
  }

  /** Gives the number away: whoever takes it closes it. -1 when it is gone already. */
  release(): number {
    const fd = this.#fd;
    this.#fd = -1;
    registry.unregister(this);
    return fd;
  }
}

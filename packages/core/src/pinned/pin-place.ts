import type { OptionShape, PinPlace } from '@lbx/maps';
import { CoreError } from '../errors.ts';
import { assertShape } from '../options/assert-options.ts';

const shape: OptionShape<PinPlace> = { bpffs: 'text', folder: 'text', prefix: 'text' };

/** A place, or the path of a folder of pins, as the option `pins` has it. @throws CoreError `LBX_BAD_OPTION` */
export function placeOf(given: PinPlace | string): PinPlace {
  if (typeof given === 'string') return { bpffs: given, folder: '' };
  assertShape(given, shape);
  return given;
}

/** @throws CoreError `LBX_BAD_OPTION` for what is no path. */
export function assertFolder(pins: string): void {
  if (typeof pins === 'string') return;
  throw new CoreError('LBX_BAD_OPTION', "pins: expected the path of a folder, such as '/sys/fs/bpf/lbx'", {
    option: 'pins',
    value: pins,
  });
}

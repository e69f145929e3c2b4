import { ciliumPins } from '@lbx/maps';
import { expect, it } from 'vitest';
import { removePinned } from '../remove/remove-pinned.ts';
import { placeOf } from './pin-place.ts';

it('a path is a folder of pins', () => {
  expect(placeOf('/sys/fs/bpf/my-agent')).toEqual({ bpffs: '/sys/fs/bpf/my-agent', folder: '' });
  expect(placeOf(ciliumPins)).toBe(ciliumPins);
});

it('options of something else are refused', () => {
  expect(() => placeOf({ pins: '/sys/fs/bpf/my-agent' } as never)).toThrow(
    'pins: there is no such option; there are bpffs, folder, prefix',
  );
  expect(() => removePinned({ pins: '/sys/fs/bpf/my-agent' } as never)).toThrow(
    "pins: expected the path of a folder, such as '/sys/fs/bpf/lbx'",
  );
});

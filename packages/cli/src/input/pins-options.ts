import { defaultPins } from '@lbx/core';
import { Option } from 'commander';

const flag = '--pins <dir>';
const description = 'folder of the pins';

/** For commands that are about lbx's own pins. */
export const pinsOption = (): Option => new Option(flag, description).default(defaultPins);

/** For commands with `--layout`, which says what the default is. */
export const pinsOfLayoutOption = (): Option =>
  new Option(flag, `${description} (default: ${defaultPins}, or Cilium's with --layout cilium)`);

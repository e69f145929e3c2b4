import { join } from 'node:path';

/** Folder of the links' pins below the folder of pins. */
export const linkFolder = (pins: string): string => join(pins, 'links');

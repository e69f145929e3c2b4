import picocolors from 'picocolors';

/** Colours for a person at a terminal only: never into a file, a pipe or a log of CI. */
export const colors = picocolors.createColors(
  process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
);

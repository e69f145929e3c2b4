// What is another one each time, and means nothing to a reader, is replaced by an ellipsis. The page says so.

const replacements: readonly (readonly [RegExp, string])[] = [
  // How long something took.
  [/\b\d+(\.\d+)?( ?)(ms|µs)\b/g, '…$2$3'],
  [/\b\d+(\.\d+)? s( ago)?\b/g, '… s$2'],
  [/\b(in) \d+s\b/g, '$1 …s'],
  // Times of day.
  [/\b\d{2}:\d{2}:\d{2}(\.\d+)?\b/g, '…'],
  // Ids of processes, programs, cgroups and sockets.
  [/\b(process|pid) \d+\b/g, '$1 …'],
  [/^((?:cgroup|tc|xdp)_\S+ +lbx_\w+ +)\d+/gm, '$1…'],
  [/\bcookie=\d+/g, 'cookie=…'],
  // Source ports that the node chose for a flow.
  [/(by SNAT from [\d.]+):\d+/g, '$1:…'],
];

/** Replaces what varies; `home` is called `~`. */
export function normalise(text: string, home: string): string {
  const placed = text.replaceAll(home, '~');
  const replaced = replacements.reduce((result, [pattern, by]) => result.replace(pattern, by), placed);
  return replaced.replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '');
}

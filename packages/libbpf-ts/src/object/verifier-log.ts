/** Lines that come after the reason: statistics and markers. */
const trailer =
  /^(?:processed \d+ insns|verification time|stack depth|max_states|peak_states|total_states|mark_read|-- |$)/;

/** Lines that say where the verifier is, not what is wrong. */
const position =
  /^(?:\d+: |; |from \d+ to \d+|func#|R\d+(?:_\w+)?=|last_idx |regs=|mark_precise|Live regs|\s*\d+:)/;

/** Text of a NUL-terminated log buffer. */
export function logText(buffer: Uint8Array): string {
  const end = buffer.indexOf(0);
  return Buffer.from(buffer.buffer, buffer.byteOffset, end < 0 ? buffer.byteLength : end)
    .toString('utf8')
    .trimEnd();
}

/**
 * The one line of a verifier log that says why: the last that is neither position nor statistics, followed by the line
 * of source it stands at, where the log has sources.
 */
export function verifierCause(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const isText = (line: string) => !trailer.test(line);
  let at = lines.findLastIndex((line) => isText(line) && !position.test(line));
  if (at < 0) at = lines.findLastIndex(isText);
  const reason = lines[at];
  if (reason === undefined) return 'no reason given';
  const source = lines.slice(0, at).findLast((line) => line.startsWith('; '));
  return source === undefined ? reason : `${reason}, at: ${source.slice(2)}`;
}

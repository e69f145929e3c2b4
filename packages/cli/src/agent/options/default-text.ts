/** " (default: …)"; nothing for what is off. */
export function defaultText({
  fallback,
  otherwise,
}: {
  readonly fallback?: unknown;
  readonly otherwise?: string | undefined;
}): string {
  if (otherwise !== undefined) return ` (default: ${otherwise})`;
  if (fallback === undefined || fallback === false) return '';
  if (Array.isArray(fallback) && fallback.length === 0) return '';
  return ` (default: ${Array.isArray(fallback) ? fallback.join(', ') : String(fallback)})`;
}

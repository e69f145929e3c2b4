/** No object of Kubernetes is nested nearly as deep. What is makes whoever walks it run out of stack. */
export const maxNesting = 64;

/** Whether lists and objects lie in each other deeper than that. Looks no deeper itself. */
export function isNestedTooDeep(value: unknown, left = maxNesting): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (left === 0) return true;
  return Object.values(value).some((inner) => isNestedTooDeep(inner, left - 1));
}

/**
 * Opens several things that are let go together, newest first: by the result, or at once when opening fails half way.
 * (What DisposableStack does, which Node has from 24 on.)
 *
 * @param open - calls `use` with each thing that it opens.
 */
export function openTogether<T extends object>(
  open: (use: <D extends Disposable>(one: D) => D) => T,
): T & Disposable {
  const opened: Disposable[] = [];
  const close = () => {
    for (const one of opened.splice(0).reverse()) one[Symbol.dispose]();
  };
  const use = <D extends Disposable>(one: D): D => {
    opened.push(one);
    return one;
  };
  try {
    return { ...open(use), [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

// What is published differs from what is worked on: without the way to the sources, which are not packed, and without
// what only this checkout uses.

const development = '@lbx/source';

export const hooks = {
  /** @param {Record<string, unknown>} manifest */
  beforePacking(manifest) {
    const { devDependencies, scripts, ...published } = manifest;
    return { ...published, exports: withoutSources(manifest.exports) };
  },
};

function withoutSources(exports) {
  if (typeof exports !== 'object' || exports === null) return exports;
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([condition]) => condition !== development)
      .map(([condition, target]) => [condition, withoutSources(target)]),
  );
}

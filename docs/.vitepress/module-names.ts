// A plugin of TypeDoc: modules are called what is imported (@lbx/maps/testing), not where their source is.
import { type Application, Converter } from 'typedoc';
import { entryPoints } from '../../scripts/docs/entry-points.ts';

/** As TypeDoc calls the module of a file: packages/maps/src for packages/maps/src/index.ts. */
const defaultName = (file: string): string => file.replace(/(\/index)?\.ts$/, '');

export function load(app: Application): void {
  const names = new Map(entryPoints().map(({ name, file }) => [defaultName(file), name]));
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name;
  });
}

import type { Projection } from '@lbx/maps';

/** Services by the names of their frontends: "192.0.2.1:30080/TCP" to "shop/web". */
export const serviceNamesOf = ({ frontends }: Pick<Projection, 'frontends'>): ReadonlyMap<string, string> =>
  new Map([...frontends].map(([name, { frontend }]) => [name, frontend.service]));

import { catalog, type Family, flowCatalog } from '@lbx/maps';

/** The maps of one family. */
export const mapsOfFamily = {
  4: {
    services: catalog.lb4_services_v2,
    backends: catalog.lb4_backends_v3,
    sourceRange: catalog.lb4_source_range,
    maglev: catalog.lb4_maglev,
    affinity: catalog.lb4_affinity,
    flow: flowCatalog.lbx_flow4,
    reply: flowCatalog.lbx_rev4,
    fragments: flowCatalog.lbx_fragments4,
  },
  6: {
    services: catalog.lb6_services_v2,
    backends: catalog.lb6_backends_v3,
    sourceRange: catalog.lb6_source_range,
    maglev: catalog.lb6_maglev,
    affinity: catalog.lb6_affinity,
    flow: flowCatalog.lbx_flow6,
    reply: flowCatalog.lbx_rev6,
    fragments: flowCatalog.lbx_fragments6,
  },
} as const satisfies Record<Family, object>;

import { MapFlag, mapLayout } from '../layouts/map-layout.ts';
import { LbxBackendMeta, LbxBackendMetaKey } from './backend-meta.ts';
import { LbxCounter, LbxCounterIndex } from './counters.ts';
import {
  EVENT_LISTENERS,
  LbxEventListener,
  LbxEventListenerKey,
  LbxEventRule,
  LbxEventRuleKey,
  LbxEventServiceKey,
  LbxEventServiceUntil,
  LbxEventStats,
  LbxEventStatsKey,
} from './event.ts';
import { LbxFlow4Bucket, LbxFlowSetIndex } from './flow-set4.ts';
import { LbxFlow6Bucket } from './flow-set6.ts';
import { LbxFlow4, LbxFlow4Key } from './flow4.ts';
import { LbxFlow6, LbxFlow6Key } from './flow6.ts';
import { LbxFragment4, LbxFragment4Key, LbxFragment6, LbxFragment6Key } from './fragments.ts';
import { LbxFrontendMeta, LbxFrontendMetaKey } from './frontend-meta.ts';
import { LbxGateIndex, LbxGateWord } from './gate.ts';
import { LbxPodDevice, LbxPodDeviceValue } from './pod-device.ts';
import { REASON_COUNT } from './reasons.ts';
import { LbxRev4Bucket, LbxRev4Index } from './rev4.ts';
import { LbxRev6Bucket } from './rev6.ts';
import { LbxBackendHop, LbxBackendHopKey, LbxRoute, LbxRouteIndex } from './route.ts';
import { LbxSockOrigin, LbxSockOriginKey } from './sock-origin.ts';
import { LbxBackendTrafficKey, LbxFrontendTrafficKey, LbxTraffic } from './traffic.ts';
import { LbxVlanDevice, LbxVlanKey } from './vlan.ts';

/** The maps of our own that the datapath has besides Cilium's; pinned by the same rule (`pinPath`). */
export const flowCatalog = Object.freeze({
  lbx_gate: mapLayout('array', 'lbx_gate', LbxGateIndex, LbxGateWord, {
    maxEntries: 16384,
    doc: 'Bitmap of endpoints that may be ours; kept by user space',
  }),
  lbx_backend_meta: mapLayout('array', 'lbx_backend_meta', LbxBackendMetaKey, LbxBackendMeta, {
    maxEntries: 65536,
    doc: 'Validity and place of each backend; kept by user space',
  }),
  lbx_frontend_meta: mapLayout('array', 'lbx_frontend_meta', LbxFrontendMetaKey, LbxFrontendMeta, {
    maxEntries: 65536,
    doc: 'What service entries do not tell of frontends; kept by user space',
  }),
  lbx_flow4: mapLayout('lru_hash', 'lbx_flow4', LbxFlow4Key, LbxFlow4, {
    maxEntries: 262144,
    doc: 'Request halves of flows, and reply halves of flows to local backends',
  }),
  lbx_flow6: mapLayout('lru_hash', 'lbx_flow6', LbxFlow6Key, LbxFlow6, {
    maxEntries: 262144,
    doc: 'The same of IPv6',
  }),
  lbx_flow_set4: mapLayout('array', 'lbx_flow_set4', LbxFlowSetIndex, LbxFlow4Bucket, {
    maxEntries: 65537,
    flags: MapFlag.mmapable,
    doc: 'What lbx_flow4 has, in buckets; the last element has the secret of their hash',
  }),
  lbx_flow_set6: mapLayout('array', 'lbx_flow_set6', LbxFlowSetIndex, LbxFlow6Bucket, {
    maxEntries: 65537,
    flags: MapFlag.mmapable,
    doc: 'The same of IPv6',
  }),
  lbx_rev4: mapLayout('array', 'lbx_rev4', LbxRev4Index, LbxRev4Bucket, {
    maxEntries: 32768,
    doc: 'Reply halves of flows to remote backends, by SNAT port',
  }),
  lbx_rev6: mapLayout('array', 'lbx_rev6', LbxRev4Index, LbxRev6Bucket, {
    maxEntries: 32768,
    doc: 'The same of IPv6',
  }),
  lbx_fragments4: mapLayout('lru_hash', 'lbx_fragments4', LbxFragment4Key, LbxFragment4, {
    maxEntries: 16384,
    doc: 'Ports of fragmented datagrams',
  }),
  lbx_fragments6: mapLayout('lru_hash', 'lbx_fragments6', LbxFragment6Key, LbxFragment6, {
    maxEntries: 16384,
    doc: 'The same of IPv6',
  }),
  lbx_routes: mapLayout('array', 'lbx_routes', LbxRouteIndex, LbxRoute, {
    maxEntries: 4096,
    doc: 'Next hops',
  }),
  lbx_backend_hops: mapLayout('array', 'lbx_backend_hops', LbxBackendHopKey, LbxBackendHop, {
    maxEntries: 65536,
    doc: 'Ways to backends',
  }),
  lbx_sock_origin: mapLayout('sk_storage', 'lbx_sock_origin', LbxSockOriginKey, LbxSockOrigin, {
    flags: MapFlag.noPrealloc,
    maxEntries: 0,
    doc: 'Of connected sockets, the service that they asked for',
  }),
  lbx_vlans: mapLayout('hash', 'lbx_vlans', LbxVlanKey, LbxVlanDevice, {
    maxEntries: 4096,
    flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
    doc: 'Devices of VLANs; kept by user space',
  }),
  lbx_pod_devices: mapLayout('hash', 'lbx_pod_devices', LbxPodDevice, LbxPodDeviceValue, {
    maxEntries: 16384,
    flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
    doc: 'Devices that packets go straight into a pod by; kept by user space',
  }),
  lbx_counters: mapLayout('percpu_array', 'lbx_counters', LbxCounterIndex, LbxCounter, {
    maxEntries: REASON_COUNT,
    doc: 'Packets by what became of them',
  }),
  lbx_frontend_traffic: mapLayout('percpu_array', 'lbx_frontend_traffic', LbxFrontendTrafficKey, LbxTraffic, {
    maxEntries: 1,
    doc: 'Packets by frontend; as large as there are ids once it is switched on',
  }),
  lbx_backend_traffic: mapLayout('percpu_array', 'lbx_backend_traffic', LbxBackendTrafficKey, LbxTraffic, {
    maxEntries: 1,
    doc: 'Packets by backend; as large as there are ids once it is switched on',
  }),
  lbx_event_rules: mapLayout('array', 'lbx_event_rules', LbxEventRuleKey, LbxEventRule, {
    maxEntries: REASON_COUNT,
    doc: 'Who wants events of which reason; kept by those who listen',
  }),
  lbx_event_listeners: mapLayout('array', 'lbx_event_listeners', LbxEventListenerKey, LbxEventListener, {
    maxEntries: EVENT_LISTENERS,
    doc: 'What each of them wants; kept by those who listen',
  }),
  lbx_event_services: mapLayout('hash', 'lbx_event_services', LbxEventServiceKey, LbxEventServiceUntil, {
    maxEntries: 65536,
    flags: MapFlag.noPrealloc | MapFlag.readonlyProg,
    doc: 'Which services they want events of; kept by those who listen',
  }),
  lbx_event_stats: mapLayout('percpu_array', 'lbx_event_stats', LbxEventStatsKey, LbxEventStats, {
    maxEntries: EVENT_LISTENERS * REASON_COUNT,
    doc: 'What each of them was told of',
  }),
});

/** Name of one of these maps. */
export type FlowMapName = keyof typeof flowCatalog;

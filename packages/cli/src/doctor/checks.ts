import type { Check } from './check.ts';
import { deviceCheck } from './devices/device.ts';
import { dsrMtuCheck } from './devices/dsr-mtu.ts';
import { offloadsCheck } from './devices/offloads.ts';
import { queuesCheck } from './devices/queues.ts';
import { tcOrderCheck } from './devices/tc-order.ts';
import { xdpDriverCheck } from './devices/xdp-driver.ts';
import { xdpMtuCheck } from './devices/xdp-mtu.ts';
import { xdpProgramsCheck } from './devices/xdp-programs.ts';
import { xdpQueuesCheck } from './devices/xdp-queues.ts';
import { bpffsCheck } from './kernel/bpffs.ts';
import { capabilitiesCheck } from './kernel/capabilities.ts';
import { featuresCheck } from './kernel/features.ts';
import { jitCheck } from './kernel/jit.ts';
import { libbpfCheck } from './kernel/libbpf.ts';
import { memlockCheck } from './kernel/memlock.ts';
import { openFilesCheck } from './kernel/open-files.ts';
import { programsCheck } from './kernel/programs.ts';
import { apiCredentialsCheck } from './kubernetes/api-credentials.ts';
import { apiRightsCheck } from './kubernetes/api-rights.ts';
import { apiServerCheck } from './kubernetes/api-server.ts';
import { clockCheck } from './kubernetes/clock.ts';
import { nodeObjectCheck } from './kubernetes/node-object.ts';
import { connectionTrackingCheck } from './network/connection-tracking.ts';
import { forwardingCheck } from './network/forwarding.ts';
import { portsCheck } from './network/ports.ts';
import { rpFilterCheck } from './network/rp-filter.ts';
import { ciliumCheck } from './others/cilium.ts';
import { healthPortCheck } from './others/health-port.ts';
import { kubeProxyCheck } from './others/kube-proxy.ts';
import { derivedStateCheck } from './running/derived-state.ts';
import { dropsCheck } from './running/drops.ts';
import { layoutsCheck } from './running/layouts.ts';
import { linksCheck } from './running/links.ts';
import { mapIdsCheck } from './running/map-ids.ts';
import { mapPressureCheck } from './running/map-pressure.ts';
import { pinsCheck } from './running/pins.ts';
import { cgroupMountCheck } from './sockets/cgroup-mount.ts';
import { cgroupProgramsCheck } from './sockets/cgroup-programs.ts';
import { cgroupSocketsCheck } from './sockets/cgroup-sockets.ts';

/** All checks, in the order they are made. */
export const checks: readonly Check[] = [
  libbpfCheck,
  capabilitiesCheck,
  featuresCheck,
  programsCheck,
  jitCheck,
  bpffsCheck,
  memlockCheck,
  openFilesCheck,
  cgroupMountCheck,
  cgroupSocketsCheck,
  cgroupProgramsCheck,
  deviceCheck,
  xdpDriverCheck,
  xdpProgramsCheck,
  xdpMtuCheck,
  offloadsCheck,
  queuesCheck,
  xdpQueuesCheck,
  tcOrderCheck,
  dsrMtuCheck,
  forwardingCheck,
  rpFilterCheck,
  portsCheck,
  connectionTrackingCheck,
  pinsCheck,
  linksCheck,
  mapIdsCheck,
  layoutsCheck,
  mapPressureCheck,
  dropsCheck,
  derivedStateCheck,
  kubeProxyCheck,
  healthPortCheck,
  ciliumCheck,
  apiServerCheck,
  apiCredentialsCheck,
  apiRightsCheck,
  nodeObjectCheck,
  clockCheck,
];

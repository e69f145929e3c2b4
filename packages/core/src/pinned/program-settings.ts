import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ipv6 } from '@lbx/maps';
import { BpfMap, BpfProgram, Link } from 'libbpf-ts';
import { linkFolder } from '../attach/link-folder.ts';
import type { ProgramSettings } from './settings-of.ts';

/** Program arrays whose pins keep the programs of packets. */
const callArrays = ['lbx_xdp_calls', 'lbx_tc_calls', 'lbx_pod_calls'];
const datasec = '.rodata';

/**
 * Reads the constants of the programs that run; undefined where none are pinned. Only reads. Takes CAP_SYS_ADMIN: without it
 * the kernel refuses (`EPERM`).
 */
export function readProgramSettings(pins: string): ProgramSettings | undefined {
  const constants = new Map<string, Uint8Array>();
  for (const id of programIds(pins)) readConstants(id, constants);
  return constants.size === 0 ? undefined : settingsIn(constants);
}

/** What is missing among the constants is taken for what it is unless set. */
function settingsIn(constants: ReadonlyMap<string, Uint8Array>): ProgramSettings {
  const number = (name: string, otherwise: number): number => {
    const bytes = constants.get(name);
    return bytes === undefined ? otherwise : Buffer.from(bytes).readUIntLE(0, Math.min(bytes.length, 6));
  };
  const seconds = (name: string, otherwise: number) => number(`lbx_${name}_seconds`, otherwise);
  const source4 = addressIn(constants.get('lbx_snat_addr4'));
  const source6 = addressIn(constants.get('lbx_snat_addr6'));
  const seed = Buffer.alloc(12);
  seed.writeUInt32BE(number('lbx_maglev_seed4', 0x71dcda46), 4);
  seed.writeUInt32BE(number('lbx_maglev_seed6', 0x92505688), 8);
  return {
    packets: {
      hz: number('lbx_hz', 250),
      snatPorts: [number('lbx_snat_min', 32768), number('lbx_snat_max', 65535)],
      ...(source4 === undefined ? {} : { snatAddress4: source4 }),
      ...(source6 === undefined ? {} : { snatAddress6: source6 }),
      gate: number('lbx_gate_on', 1) !== 0,
      wildcards: number('lbx_wildcards_on', 1) !== 0,
      derived: number('lbx_derived_on', 1) !== 0,
      algorithm: number('lbx_algorithm', 1) === 2 ? 'maglev' : 'random',
      maglevSize: number('lbx_maglev_size', 16381),
      tcpNewSeconds: seconds('tcp_new', 60),
      tcpOpenSeconds: seconds('tcp_open', 8000),
      tcpHalfClosedSeconds: seconds('tcp_half_closed', 120),
      tcpClosedSeconds: seconds('tcp_closed', 10),
      udpNewSeconds: seconds('udp_new', 30),
      udpOpenSeconds: seconds('udp_open', 120),
    },
    nodePortRange: [number('lbx_nodeport_min', 30000), number('lbx_nodeport_max', 32767)],
    externalIpsAnywhere: number('lbx_external_ips_anywhere', 0) !== 0,
    maglevSeed: seed.toString('base64'),
  };
}

/** Undefined for the unspecified one: none is set. */
function addressIn(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || bytes.every((byte) => byte === 0)) return undefined;
  return bytes.length === 4 ? bytes.join('.') : ipv6.get(new DataView(bytes.buffer, bytes.byteOffset), 0);
}

function programIds(pins: string): Set<number> {
  const ids = new Set<number>();
  for (const name of callArrays) {
    const path = join(pins, name);
    if (!existsSync(path)) continue;
    using calls = BpfMap.openPinned(path, undefined, { readOnly: true });
    for (const [, id] of calls.entries()) ids.add(Buffer.from(id).readUInt32LE(0));
  }
  const links = linkFolder(pins);
  for (const name of existsSync(links) ? readdirSync(links) : []) {
    using link = Link.openPinned(join(links, name));
    ids.add(link.info().programId);
  }
  return ids;
}

/** Programs and their maps may go at any time. */
function readConstants(programId: number, into: Map<string, Uint8Array>): void {
  try {
    using program = BpfProgram.fromId(programId);
    for (const mapId of program.info().mapIds) {
      using map = BpfMap.fromId(mapId, undefined, { readOnly: true });
      if (!map.name.includes('rodata') && !map.name.includes('.rod')) continue;
      const bytes = map.get(new Uint8Array(4));
      for (const { name, offset, size } of map.btf()?.btf.datasec(datasec).variables ?? [])
        if (bytes !== undefined) into.set(name, bytes.slice(offset, offset + size));
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
  }
}

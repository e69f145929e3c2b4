import { readFileSync } from 'node:fs';
import koffi, { type LibraryHandle } from 'koffi';
import { LibbpfError } from '../errors.ts';

/** Pointers to libbpf's own objects. Null is the end of an iteration or "none". */
export type Pointer = bigint | null;

/**
 * The part of libbpf that is used: loading objects (relocation, BTF, CO-RE, verifier logs), tc and XDP over netlink,
 * feature probes. `int` results are 0 or more, or a negative errno (libbpf 1.0 and later).
 */
export interface Libbpf {
  bpf_object__open_mem(bytes: Uint8Array, size: number, options: Uint8Array): Pointer;
  bpf_object__load(object: Pointer): number;
  bpf_object__close(object: Pointer): void;
  bpf_object__next_map(object: Pointer, previous: Pointer): Pointer;
  bpf_object__next_program(object: Pointer, previous: Pointer): Pointer;
  bpf_map__name(map: Pointer): string;
  bpf_map__fd(map: Pointer): number;
  bpf_map__is_internal(map: Pointer): boolean;
  bpf_map__set_max_entries(map: Pointer, entries: number): number;
  bpf_map__set_map_flags(map: Pointer, flags: number): number;
  bpf_map__set_numa_node(map: Pointer, node: number): number;
  bpf_map__set_inner_map_fd(map: Pointer, fd: number): number;
  bpf_map__set_pin_path(map: Pointer, path: string | null): number;
  bpf_map__reuse_fd(map: Pointer, fd: number): number;
  bpf_map__initial_value(map: Pointer, size: BigUint64Array): Pointer;
  bpf_program__name(program: Pointer): string;
  bpf_program__fd(program: Pointer): number;
  bpf_program__type(program: Pointer): number;
  bpf_program__expected_attach_type(program: Pointer): number;
  bpf_program__set_expected_attach_type(program: Pointer, type: number): number;
  bpf_program__autoload(program: Pointer): boolean;
  bpf_program__set_autoload(program: Pointer, autoload: boolean): number;
  bpf_program__set_log_buf(program: Pointer, buffer: Uint8Array, size: number): number;
  bpf_program__set_log_level(program: Pointer, level: number): number;
  bpf_xdp_query(ifindex: number, flags: number, options: Uint8Array): number;
  bpf_tc_hook_create(hook: Uint8Array): number;
  bpf_tc_attach(hook: Uint8Array, options: Uint8Array): number;
  bpf_tc_detach(hook: Uint8Array, options: Uint8Array): number;
  bpf_tc_query(hook: Uint8Array, options: Uint8Array): number;
  libbpf_version_string(): string;
  libbpf_probe_bpf_map_type(type: number, options: null): number;
  libbpf_probe_bpf_prog_type(type: number, options: null): number;
}

const prototypes: Readonly<Record<keyof Libbpf, string>> = {
  bpf_object__open_mem: 'void *bpf_object__open_mem(void *bytes, size_t size, void *options)',
  bpf_object__load: 'int bpf_object__load(void *object)',
  bpf_object__close: 'void bpf_object__close(void *object)',
  bpf_object__next_map: 'void *bpf_object__next_map(void *object, void *previous)',
  bpf_object__next_program: 'void *bpf_object__next_program(void *object, void *previous)',
  bpf_map__name: 'const char *bpf_map__name(void *map)',
  bpf_map__fd: 'int bpf_map__fd(void *map)',
  bpf_map__is_internal: 'bool bpf_map__is_internal(void *map)',
  bpf_map__set_max_entries: 'int bpf_map__set_max_entries(void *map, uint32_t entries)',
  bpf_map__set_map_flags: 'int bpf_map__set_map_flags(void *map, uint32_t flags)',
  bpf_map__set_numa_node: 'int bpf_map__set_numa_node(void *map, uint32_t node)',
  bpf_map__set_inner_map_fd: 'int bpf_map__set_inner_map_fd(void *map, int fd)',
  bpf_map__set_pin_path: 'int bpf_map__set_pin_path(void *map, const char *path)',
  bpf_map__reuse_fd: 'int bpf_map__reuse_fd(void *map, int fd)',
  bpf_map__initial_value: 'void *bpf_map__initial_value(void *map, void *size)',
  bpf_program__name: 'const char *bpf_program__name(void *program)',
  bpf_program__fd: 'int bpf_program__fd(void *program)',
  bpf_program__type: 'int bpf_program__type(void *program)',
  bpf_program__expected_attach_type: 'int bpf_program__expected_attach_type(void *program)',
  bpf_program__set_expected_attach_type: 'int bpf_program__set_expected_attach_type(void *program, int type)',
  bpf_program__autoload: 'bool bpf_program__autoload(void *program)',
  bpf_program__set_autoload: 'int bpf_program__set_autoload(void *program, bool autoload)',
  bpf_program__set_log_buf: 'int bpf_program__set_log_buf(void *program, void *buffer, size_t size)',
  bpf_program__set_log_level: 'int bpf_program__set_log_level(void *program, uint32_t level)',
  bpf_xdp_query: 'int bpf_xdp_query(int ifindex, int flags, void *options)',
  bpf_tc_hook_create: 'int bpf_tc_hook_create(void *hook)',
  bpf_tc_attach: 'int bpf_tc_attach(void *hook, void *options)',
  bpf_tc_detach: 'int bpf_tc_detach(void *hook, void *options)',
  bpf_tc_query: 'int bpf_tc_query(void *hook, void *options)',
  libbpf_version_string: 'const char *libbpf_version_string()',
  libbpf_probe_bpf_map_type: 'int libbpf_probe_bpf_map_type(int type, void *options)',
  libbpf_probe_bpf_prog_type: 'int libbpf_probe_bpf_prog_type(int type, void *options)',
};

let loaded: Libbpf | undefined;

/**
 * libbpf, found at the first call and kept: `$LIBBPF_PATH`, or `libbpf.so.1` where the dynamic linker looks.
 * Throws LBX_LIBBPF_MISSING with the command that installs it.
 */
export function libbpf(): Libbpf {
  loaded ??= declare(openLibrary());
  return loaded;
}

function openLibrary(): LibraryHandle {
  const path = process.env.LIBBPF_PATH || 'libbpf.so.1';
  try {
    return koffi.load(path);
  } catch (cause) {
    const from = process.env.LIBBPF_PATH ? ' (from LIBBPF_PATH)' : '';
    throw new LibbpfError(
      'LBX_LIBBPF_MISSING',
      `cannot load libbpf from ${path}${from}: ${(cause as Error).message}`,
      {
        hint: `${installCommand(osRelease())}, or set LIBBPF_PATH to the library's file`,
        cause,
      },
    );
  }
}

function declare(library: LibraryHandle): Libbpf {
  const functions: Record<string, unknown> = {};
  for (const [name, prototype] of Object.entries(prototypes)) {
    try {
      functions[name] = library.func(prototype);
    } catch (cause) {
      throw new LibbpfError('LBX_LIBBPF_MISSING', `libbpf has no function ${name}: it is older than 1.0`, {
        hint: installCommand(osRelease()),
        cause,
      });
    }
  }
  // libbpf's own messages go to stderr by default. Its hook takes a va_list, which no FFI can pass on; logs come
  // through log buffers instead.
  (library.func('void *libbpf_set_print(void *hook)') as (hook: null) => unknown)(null);
  return functions as unknown as Libbpf;
}

function osRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/** The command that installs libbpf, from the text of /etc/os-release. */
export function installCommand(release: string): string {
  const ids = [...release.matchAll(/^(?:ID|ID_LIKE)=(.*)$/gm)].flatMap(([, value = '']) =>
    value.replaceAll('"', '').split(/\s+/),
  );
  if (ids.some((id) => id === 'debian' || id === 'ubuntu')) return 'install it with: apt-get install libbpf1';
  if (ids.some((id) => id === 'fedora' || id === 'rhel' || id === 'centos'))
    return 'install it with: dnf install libbpf';
  if (ids.includes('alpine')) return 'install it with: apk add libbpf';
  if (ids.includes('arch')) return 'install it with: pacman -S libbpf';
  if (ids.some((id) => id === 'suse' || id === 'opensuse')) return 'install it with: zypper install libbpf1';
  return 'install libbpf 1.0 or newer (apt-get install libbpf1, dnf install libbpf, apk add libbpf)';
}

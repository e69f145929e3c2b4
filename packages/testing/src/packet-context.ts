/** Offset of `ifindex` in `struct __sk_buff`, and the struct's size. */
const skbIfindex = 40;
const skbBytes = 192;

/** `struct xdp_md` of a frame of `length` bytes that comes in by a device: `ctx` of a test run of an XDP program. */
export function xdpContext(length: number, ifindex: number): Uint8Array {
  const ctx = new DataView(new ArrayBuffer(24));
  ctx.setUint32(4, length, true);
  ctx.setUint32(12, ifindex, true);
  return new Uint8Array(ctx.buffer);
}

/** `struct __sk_buff` of a packet of a device: `ctx` of a test run of a tc program. */
export function skbContext(ifindex: number): Uint8Array {
  const ctx = new DataView(new ArrayBuffer(skbBytes));
  ctx.setUint32(skbIfindex, ifindex, true);
  return new Uint8Array(ctx.buffer);
}

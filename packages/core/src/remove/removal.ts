/** One thing that lbx made: a program on a hook, or a pinned map. */
export interface RemovalItem {
  /**
   * `link`: a pinned bpf_link. `filter`: a tc filter, which the kernel keeps without a pin. `program`: the pin of a program
   * that they run.
   */
  readonly kind: 'link' | 'filter' | 'map' | 'program';
  /** Name of its pin, `xdp_eth0`, `lb4_services_v2`; of a filter the name that its pin would have, `tc_ingress_eth0`. */
  readonly name: string;
  /** The kernel's id of the link, map or program; 0 for a filter. */
  readonly id: number;
  /** Of links and filters: what runs there; of the pin of a program: that. */
  readonly program?: { readonly id: number; readonly name: string };
  /** Of links: false when the device or cgroup is gone, so that only the pin is left. */
  readonly attached?: boolean;
}

/** Something in the folder that lbx did not make; it stays. */
export interface ForeignPin {
  readonly path: string;
  /** What it is, or why it is not taken for one of lbx. */
  readonly why: string;
}

/** What there is to remove. Reading it changed nothing. */
export interface RemovalPlan {
  readonly pins: string;
  /** In the order in which they go: programs first, so that none runs on maps that are going away. */
  readonly items: readonly RemovalItem[];
  readonly foreign: readonly ForeignPin[];
  /** A load balancer runs on these pins. */
  readonly locked: boolean;
  /** Its process; absent where it cannot be seen from here. */
  readonly holder?: number;
}

/** What came of it. */
export interface Removed {
  readonly removed: readonly RemovalItem[];
  /** What could not be removed. Maps stay as long as a program could not be taken off. */
  readonly failed: readonly { readonly item: RemovalItem; readonly error: Error }[];
  readonly foreign: readonly ForeignPin[];
}

import type { Frontend } from '@lbx/maps';
import type { ExclusionReason } from '../semantics/service-exclusion.ts';
import type { ObjectKind } from '../sources/source-event.ts';

/** An object that is fine and yet without effect. */
export interface IgnoredObject {
  readonly kind: ObjectKind;
  readonly namespace: string;
  readonly name: string;
  readonly reason: ExclusionReason;
}

/** What the objects told so far mean for this node. */
export interface Translation {
  /**
   * Sorted by owner (Pods with host ports as "Pod namespace/name", then Services as "namespace/name"), then in the order of
   * its ports. What did not change keeps its very Frontend objects and backend arrays, so `===` tells what is new.
   */
  readonly frontends: readonly Frontend[];
  /** Services ("namespace/name") and Pods ("Pod namespace/name") whose frontends changed, came or went since the last translate(). Sorted. */
  readonly changed: readonly string[];
  /** Addresses of the node, both families, without loopback: what NodePorts and host ports on 0.0.0.0 and :: stand for. */
  readonly nodeAddresses: readonly string[];
  /** Sorted by kind, namespace, name. */
  readonly ignored: readonly IgnoredObject[];
  /** What is wrong now: parts of objects that cannot be used, contested addresses, trouble of the source. */
  readonly problems: readonly Error[];
  /** The source has told everything it had at its start. Before that nothing that is missing here may be removed. */
  readonly synced: boolean;
}

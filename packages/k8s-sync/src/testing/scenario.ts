import type { ProjectOptions } from '@lbx/maps';
import type { ObjectKind } from '../sources/source-event.ts';

/** Something that happens to a cluster and its node, step by step, and what the maps should hold after each step. */
export interface Scenario {
  /** For messages. */
  readonly file: string;
  readonly node: ScenarioNode;
  readonly options: ScenarioOptions;
  /** What an earlier process, or somebody else, has left in the maps: lines of a dump. */
  readonly found: readonly string[];
  /** Why the end depends on the order of events; absent: it does not, and every order may be tried. */
  readonly orderMatters?: string;
  /** Why a process that starts anew does not end where the old one was; absent: it does. */
  readonly restartMatters?: string;
  readonly steps: readonly ScenarioStep[];
}

/** The node that the maps are for. */
export interface ScenarioNode {
  readonly name: string;
  /** Until a Node object says otherwise. */
  readonly zone?: string;
  /** Addresses of its devices; absent: those of the Node object. */
  readonly addresses?: readonly string[];
}

/** Options of the process; everything that is absent has its default. */
export interface ScenarioOptions
  extends Pick<
    ProjectOptions,
    'algorithm' | 'maglevSize' | 'forwarding' | 'wildcards' | 'externalClusterIP' | 'nodePortRange'
  > {
  /** As kube-proxy's --nodeport-addresses. */
  readonly nodePortAddresses?: readonly string[];
  /** Classes of load balancers that are served; "" for Services without one. */
  readonly loadBalancerClasses?: readonly string[];
  /** Sizes of maps, by name. */
  readonly maxEntries?: Readonly<Record<string, number>>;
  readonly maxFrontendId?: number;
  readonly maxBackendId?: number;
  /** How long a freed id is kept from other names. */
  readonly quarantineSeconds?: number;
}

/** Names one object. */
export interface ObjectReference {
  readonly kind: ObjectKind;
  readonly namespace: string;
  readonly name: string;
}

/** What happens, in this order, and what should hold afterwards. */
export interface ScenarioStep {
  /** What happens, in words. */
  readonly text: string;
  /** Line of the file where the step begins. */
  readonly line: number;
  /** The process ends; what `apply`, `patch` and `delete` do happens while nobody looks; then another one starts. */
  readonly restart: boolean;
  /** Whole objects, new or instead of those of the same name. */
  readonly apply: readonly object[];
  /** Merged into objects that are there (RFC 7386: null removes, lists are replaced). */
  readonly patch: readonly object[];
  readonly delete: readonly ObjectReference[];
  /** The node's addresses from now on. */
  readonly addresses?: readonly string[];
  /** Time that passes before anything else happens. */
  readonly seconds: number;
  /**
   * After a restart: what the sources have told so far, kinds ("Service") or objects ("Service default/web"). The process
   * knows that it has not heard everything. Absent: everything was told.
   */
  readonly told?: readonly string[];
  /** The sources tell the rest and say that this was everything. */
  readonly synced: boolean;
  readonly expected: Expected;
}

/** What a step should lead to. Lists that are absent in the file are empty here: nothing else is expected. */
export interface Expected {
  /** The whole dump; `changes`: only the lines that come ("+ …") and go ("- …") with this step. */
  readonly dump:
    | { readonly kind: 'whole'; readonly lines: readonly string[] }
    | { readonly kind: 'changes'; readonly lines: readonly string[] }
    | { readonly kind: 'unchanged' };
  /** "CODE and a part of the message". */
  readonly problems: readonly string[];
  /** "CODE and a part of the message" of frontends that get no entries. */
  readonly refused: readonly string[];
  /** "Service default/web headless". */
  readonly ignored: readonly string[];
  /** Frontends whose new connections are answered with a refusal: nobody serves them anywhere. */
  readonly rejected: readonly string[];
  /** Frontends whose new connections are dropped: somebody serves them, but not for this node. */
  readonly dropped: readonly string[];
  /** Health check servers: "default/web IPv4 port 32000 local 1": answers 200 as long as there is a local endpoint. */
  readonly health: readonly string[];
}

/** The lists of {@link Expected}, in the order of a file. */
export const expectedLists = ['problems', 'refused', 'ignored', 'rejected', 'dropped', 'health'] as const;

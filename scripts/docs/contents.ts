// The order of the site: sections and their pages, by the file they are made from. A page that is named here and is not
// (yet) there is left out; one that is there and not named comes under "More".

export interface Section {
  readonly title: string;
  readonly files: readonly string[];
}

export const contents: readonly Section[] = [
  { title: 'Start', files: ['README.md', 'docs/first-hour.md'] },
  {
    title: 'Embed it in your agent',
    files: [
      'docs/guide/embed.md',
      'packages/core/README.md',
      'packages/k8s-sync/README.md',
      'examples/README.md',
    ],
  },
  {
    title: 'Script map state in tests',
    files: [
      'docs/guide/map-state.md',
      'docs/testing-your-agent.md',
      'packages/maps/README.md',
      'packages/maglev/README.md',
      'packages/testing/README.md',
      'packages/k8s-sync/test/scenarios/README.md',
    ],
  },
  {
    title: 'Run it on a node',
    files: [
      'docs/guide/operate.md',
      'docs/replace-kube-proxy.md',
      'docs/doctor.md',
      'docs/agent-options.md',
      'docs/metrics.md',
      'deploy/README.md',
      'packages/cli/README.md',
    ],
  },
  {
    title: 'How it works',
    files: [
      'docs/concepts/packet.md',
      'docs/concepts/flows.md',
      'docs/concepts/forwarding.md',
      'docs/concepts/sockets.md',
      'docs/concepts/map-relations.md',
      'docs/concepts/ids.md',
      'docs/concepts/reconcile.md',
      'docs/concepts/maglev.md',
      'ARCHITECTURE.md',
    ],
  },
  {
    title: 'Look it up',
    files: [
      'docs/packages.md',
      'docs/verdicts.md',
      'docs/drop-reasons.md',
      'docs/maps.md',
      'docs/programs.md',
      'docs/packages.md',
      'docs/performance.md',
      'bpf/README.md',
      'packages/libbpf-ts/README.md',
      'vectors/README.md',
      'vectors/kube-proxy-README.md',
    ],
  },
  {
    title: 'Before you decide',
    files: ['docs/limits.md', 'docs/comparison.md', 'docs/security.md', 'CONTRIBUTING.md'],
  },
];

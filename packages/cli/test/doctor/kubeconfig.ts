/** Text of a kubeconfig for one server; JSON is YAML. */
export function kubeconfigText(server: string, ca: string | undefined, user: object): string {
  const authority =
    ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, ...authority } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
}

/** What follows the tables: the differences by their numbers, and what no table shows. */
export const notes = `# Where lbx differs from kube-proxy, and why

1. A ClusterIP is for callers inside of the cluster: a packet that comes to the node for one is dropped, as with Cilium.
   kube-proxy balances it. \`--external-cluster-ip\` does too.
2. An external IP that is no address of the node is left to routing when a pod or the node itself asks for it, as with Cilium:
   whoever may write \`spec.externalIPs\` could otherwise take over the traffic of this node to any address (CVE-2020-8554).
   Packets from outside for it are balanced. The option \`externalIPsAnywhere\` of @lbx/core balances all.
3. Endpoints only elsewhere: a packet is dropped, because its sender may find a node that serves it. A system call can say
   more: it fails with EHOSTUNREACH at once, where with kube-proxy the caller waits until it gives up.
4. kube-proxy in iptables mode has no rule for what leaves the node for a VIP without endpoints, and the packet goes
   wherever routing sends it. lbx refuses, as nftables mode does.
5. Source ranges are about clients outside of the cluster: pods of the node and its processes are not asked, as with Cilium.
   kube-proxy drops theirs as well, unless a range holds them.
6. Outside of the source ranges the answer is the same with and without endpoints, as in nftables mode. iptables mode refuses
   everybody when there are no endpoints.

Cilium refuses where lbx drops: it does not know about endpoints elsewhere. Its sockets get EHOSTUNREACH where there is no
backend (EPERM in older releases), lbx's the ECONNREFUSED of a closed port.

# What the tables do not show

Not computed; "–" was not looked into.

| | lbx | kube-proxy | Cilium |
|---|---|---|---|
| which Services and slices count | as kube-proxy, reasons in \`ignored\` | no headless, ExternalName, service-proxy-name, FQDN | the same |
| a slice that loses or changes its label service-name | its endpoints leave the old Service | stay with it until kube-proxy is restarted; vectors named \`quirk-…\` record that, and lbx does not copy it | leave it |
| one address and port in several slices | running before terminating, then ready, serving, first slice by name | running before terminating, else undefined | not all cases |
| not ready, not terminating | no new connections, keeps those it has | the same (its established flows are conntrack's) | the same |
| topology hints | node, then zone; all ready endpoints must have them | the same | zone, if switched on |
| the own Node is deleted while the agent runs | has no zone: zone hints are for others | keeps its zone until kube-proxy is restarted | – |
| source address a backend sees | the client's if it is on this node, or the mode is DSR; else the node's | the node's with policy Cluster, the client's with Local | as lbx |
| source ranges | load balancer VIPs | load balancer VIPs | load balancer VIPs and external IPs |
| address that is external IP and VIP | external IP: no ranges | iptables: no ranges; nftables: ranges | – |
| other ports of a VIP or ClusterIP | dropped from outside (\`--no-wildcards\`: routed) | iptables: routed; nftables: rejected | dropped |
| NodePort on loopback | sockets of the node | iptables with route_localnet | sockets of the node |
| NodePort on chosen addresses | prefixes, \`primary\`; followed at run time | prefixes, \`primary\` | by device |
| session affinity | by client address; by network namespace for sockets | by client address | as lbx |
| hostPort | Pods of the node (\`--host-ports\`; manifests may have Pods) | CNI portmap's | Pods of the node |
| hostPort against NodePort on the same port | the Service has it, the Pod is a problem | the Service's rules stand first | hostPorts in the NodePort range are refused |
| two Pods with one hostPort | the older one, until it is being deleted; the other is a problem | CNI portmap's, the first rule | – |
| loadBalancerClass | others than those of \`--load-balancer-class\` have no VIPs; with any, other ports of the VIP are routed | not looked at | other ports of the VIP are routed unless the class is its own |
| healthCheckNodePort, /healthz, /livez | as kube-proxy | yes | yes |
| TCP connections to an endpoint that is in no slice any more | end with their next packet; as long as it is there, ready or not, they go on | go on as long as the pod answers | – |
| UDP flows to a backend that is gone | packets: the next one gets another backend; connected sockets are destroyed | conntrack entries deleted after the sync | the same as lbx |
| an object with a field missing that an API server fills in (session affinity without its timeout, a slice port without protocol, type) | that default | kube-proxy panics, or takes the field as empty | – |
| an object that cannot be read | its last good version stays; after a restart what was found stays that may be its | an API server keeps such objects out | – |
`;

# Sourced by the shell of the first hour, in network and mount namespaces of its own: makes it a node between a client
# and a host with three HTTP servers.
#
#   client 192.0.2.100 ── eth0 192.0.2.1  node  203.0.113.1 eth1 ── 203.0.113.10, .11, .12 port 8080
#
# All of it goes with the shell.
hostname node-a
umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /run

ip link set lo up
ip netns add client
ip link add eth0 type veth peer name eth0 netns client
ip address add 192.0.2.1/24 dev eth0 && ip link set eth0 up
ip -n client address add 192.0.2.100/24 dev eth0 && ip -n client link set eth0 up
ip -n client route add 198.51.100.0/24 via 192.0.2.1

ip netns add host
ip link add eth1 type veth peer name eth0 netns host
ip address add 203.0.113.1/24 dev eth1 && ip link set eth1 up
ip -n host link set lo up && ip -n host link set eth0 up
for last in 10 11 12; do ip -n host address add 203.0.113.$last/24 dev eth0; done
ip -n host route add 192.0.2.0/24 via 203.0.113.1
echo 1 >/proc/sys/net/ipv4/conf/eth0/forwarding
echo 1 >/proc/sys/net/ipv4/conf/eth1/forwarding

# Sockets of the node are balanced, those of the others are not.
mkdir /sys/fs/cgroup/node /sys/fs/cgroup/elsewhere
echo $$ >/sys/fs/cgroup/node/cgroup.procs
elsewhere() { (echo "$BASHPID" >/sys/fs/cgroup/elsewhere/cgroup.procs && exec ip netns exec "$@"); }
client() { elsewhere client "$@"; }
elsewhere host node -e "
  for (const address of ['203.0.113.10', '203.0.113.11', '203.0.113.12'])
    require('node:http')
      .createServer((_, response) => response.setHeader('connection', 'close').end(address + ' answers\n'))
      .listen(8080, address);" &
until curl -s -o /dev/null http://203.0.113.12:8080; do sleep 0.1; done
echo "a client at 192.0.2.100, this node between, HTTP servers at 203.0.113.10:8080, .11 and .12"

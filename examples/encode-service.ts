// The bytes of a service in Cilium's maps: encoded, and decoded again.
import { Lb4Frontend, Lb4Key, ServiceFlag, toHex } from '@lbx/maps';

const key = Lb4Key.encode({ address: '198.51.100.1', dport: 80, backendSlot: 0, proto: 6, scope: 0 });
const value = Lb4Frontend.encode({
  affinityTimeout: { seconds: 0, algorithm: 0 },
  count: 2,
  revNatIndex: 1,
  flags: ServiceFlag.LoadBalancer | ServiceFlag.routable,
  flags2: 0,
  qcount: 0,
});

console.log('key  ', toHex(key));
console.log('value', toHex(value));
console.log('key decoded', JSON.stringify(Lb4Key.decode(key)));

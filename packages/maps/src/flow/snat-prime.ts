/**
 * The largest prime not above `ports`, for the setting `lbx_snat_prime`: that many SNAT ports are used, so that every
 * stride of the port search visits all of them. 0 when there is none.
 */
export function snatPrime(ports: number): number {
  for (let n = Math.floor(ports); n > 1; n--) if (isPrime(n)) return n;
  return 0;
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

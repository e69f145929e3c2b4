import type { ApiServerError } from '../../errors.ts';

/** The server's certificate is not by the authority that is known: that may have been renewed, as a token may. */
export function isUntrusted({ cause }: ApiServerError): boolean {
  const code = String((cause as { code?: unknown } | undefined)?.code ?? '');
  return /CERT|VERIFY|^ERR_SSL|^ERR_TLS/.test(code);
}

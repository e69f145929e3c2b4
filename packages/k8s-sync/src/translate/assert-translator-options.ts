import type { OptionShape } from '@lbx/maps';
import { assertOptions } from '../assert-options.ts';
import { BadOptionError } from '../errors.ts';
import { readIpPrefix } from '../objects/ip-address.ts';
import type { TranslatorOptions } from './translator.ts';

const shape: OptionShape<TranslatorOptions> = {
  nodeName: 'text',
  nodeLabels: 'object',
  nodeIPs: 'texts',
  nodePortAddresses: 'texts',
  loadBalancerClasses: 'texts',
  externalIPs: 'flag',
  startedAt: 'number',
};

/** @throws BadOptionError (LBX_BAD_OPTION): a range that is none would leave NodePorts open on every address. */
export function assertTranslatorOptions(options: TranslatorOptions): void {
  assertOptions('createTranslator', options, shape);
  if (options.nodeName === undefined) {
    const problem = "is missing; name the own Node, '' for none";
    throw new BadOptionError('createTranslator', 'nodeName', undefined, problem);
  }
  for (const range of options.nodePortAddresses ?? [])
    if (range !== 'primary' && readIpPrefix(range) === undefined) {
      const problem = `'${range}' is no range such as '192.0.2.0/24' or '2001:db8::/32', nor 'primary'`;
      throw new BadOptionError('createTranslator', 'nodePortAddresses', range, problem);
    }
}

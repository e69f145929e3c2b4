import { readTextFile } from '@lbx/k8s-sync';
import { Option } from 'commander';
import { CliError } from '../../cli-error.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';

/** Far more than all options need. */
const maxConfigBytes = 2 ** 20;

/** `--config FILE` */
export const configOption = (): Option =>
  new Option('--config <file>', 'YAML file with these options').env('LBX_AGENT_CONFIG');

/** The file that it names, if it is given. @throws CliError `LBX_BAD_FILE` */
export function readConfigOption(config: string | undefined): { readonly file?: ConfigFile } {
  if (config === undefined) return {};
  try {
    return { file: readConfigFile(readTextFile(config, maxConfigBytes), config) };
  } catch (cause) {
    throw new CliError('LBX_BAD_FILE', `--config ${config} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

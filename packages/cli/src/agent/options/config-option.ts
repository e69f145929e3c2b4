import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { CliError } from '../../cli-error.ts';
import { type ConfigFile, readConfigFile } from './config-file.ts';

/** `--config FILE` */
export const configOption = (): Option =>
  new Option('--config <file>', 'YAML file with these options').env('LBX_AGENT_CONFIG');

/** The file that it names, if it is given. @throws CliError `LBX_BAD_FILE` */
export function readConfigOption(config: string | undefined): { readonly file?: ConfigFile } {
  if (config === undefined) return {};
  try {
    return { file: readConfigFile(readFileSync(config, 'utf8'), config) };
  } catch (cause) {
    throw new CliError('LBX_BAD_FILE', `--config ${config} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

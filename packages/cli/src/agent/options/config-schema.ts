import { optionKeys, optionOf } from './agent-options.ts';
import { defaultText } from './default-text.ts';
import type { JsonSchema } from './option-types/option-type.ts';

/** The JSON schema (draft 7, which editors understand) of the agent's configuration file. */
export function configSchema(): JsonSchema {
  const properties = optionKeys.map((key) => {
    const { type, doc, fallback, otherwise } = optionOf(key);
    return [
      key,
      {
        description: `${doc}${defaultText({ otherwise })}`,
        ...type.schema,
        ...(fallback === undefined ? {} : { default: fallback }),
      },
    ];
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of lbx agent',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}

/** The words of a key: `snatAddress6` is snat, address6. */
const words = (key: string): string[] => key.split(/(?=[A-Z])/).map((word) => word.toLowerCase());

/** The flag of a key of the file, without dashes in front: `maglevSize` is `maglev-size`. */
export const flagOf = (key: string): string => words(key).join('-');

/** The variable of a key: `maglevSize` is `LBX_AGENT_MAGLEV_SIZE`. */
export const variableOf = (key: string): string => `${variablePrefix}${words(key).join('_').toUpperCase()}`;

export const variablePrefix = 'LBX_AGENT_';

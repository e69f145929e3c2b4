/** How lines look: for people, or for programs. */
export const logFormats = ['text', 'json'] as const;

export type LogFormat = (typeof logFormats)[number];

import type { Hash } from 'node:crypto';

/** Loaded only here: it takes a quarter of what importing this package does, and only checks against vectors need it. */
export const sha256 = (): Hash => process.getBuiltinModule('node:crypto').createHash('sha256');

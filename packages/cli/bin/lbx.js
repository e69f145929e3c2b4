#!/usr/bin/env node
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`lbx: needs Node 22.19 or newer; ${process.execPath} is ${process.versions.node}`);
  process.exit(4);
}
const built = new URL('../dist/main.js', import.meta.url);
if (!existsSync(built)) {
  console.error('lbx: this checkout is not built yet; run `npm run build` first');
  process.exit(70);
}
await import(built.href);

export { PrebuiltError } from './errors.ts';
export { type Manifest, manifest, type ObjectManifest } from './manifest.ts';
export { type ObjectName, objectPath, readObject } from './object.ts';

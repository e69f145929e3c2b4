import { expect, it } from 'vitest';
import * as api from './index.ts';

it('exports these values, and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'ApiServerError',
    'BadManifestError',
    'BadObjectError',
    'DuplicateManifestError',
    'FrontendConflictError',
    'HealthPortError',
    'KubeconfigError',
    'ListenerError',
    'ManifestFolderError',
    'SourceStateError',
    'SyncError',
    'clusterSource',
    'createHealthServers',
    'createTranslator',
    'manifestSource',
    'objectSource',
    'parseManifest',
    'verdictFor',
    'verifyKubeProxy',
  ]);
});

import { expect, it } from 'vitest';
import * as api from './index.ts';

it('exports these values, and no others', () => {
  expect(Object.keys(api).sort()).toEqual([
    'ApiServerError',
    'BadManifestError',
    'BadObjectError',
    'BadOptionError',
    'DuplicateManifestError',
    'DuplicateObjectError',
    'FrontendConflictError',
    'HealthPortError',
    'KubeconfigError',
    'ListenerError',
    'ManifestFolderError',
    'RecordingError',
    'SourceStateError',
    'SyncError',
    'clusterSource',
    'createHealthServers',
    'createTranslator',
    'manifestSource',
    'mergeSources',
    'objectSource',
    'parseManifest',
    'probeCluster',
    'readTextFile',
    'recordSource',
    'replaySource',
    'verdictFor',
    'verifyKubeProxy',
  ]);
});

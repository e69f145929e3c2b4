/** An API server that fails on command. Part of `@lbx/k8s-sync/testing`. */
export type { AllowsRight, FakeRight } from './access-rights.ts';
export type { StreamingLists } from './begin-watch.ts';
export { createFakeApiServer, type FakeApiServer, type FakeApiServerOptions } from './fake-api-server.ts';
export type { ActiveFault, FakeAnswer, FakeFault } from './fake-fault.ts';
export type { FakeObject } from './fake-object.ts';
export type { FakeRequest } from './fake-request.ts';
export type { FakeResource } from './fake-resource.ts';
export type { FakeWatch } from './fake-watch.ts';
export { type Certificate, selfSignedCertificate } from './self-signed-certificate.ts';

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findClusterPrograms } from './cluster-programs.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbx-kube-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (path: string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), '');
};

test('LBX_KUBE_BIN says where they are, and only both of them will do', () => {
  const env = { LBX_KUBE_BIN: folder, LBX_CACHE: '/nowhere' };
  put('etcd');
  expect(findClusterPrograms(env)).toBeUndefined();
  put('kube-apiserver');
  const found = {
    apiServer: `${folder}/kube-apiserver`,
    etcds: [{ name: 'etcd', path: `${folder}/etcd` }],
  };
  expect(findClusterPrograms(env)).toMatchObject(found);
  expect(findClusterPrograms({ LBX_CACHE: '/nowhere', PATH: `/nowhere:${folder}` })).toMatchObject(found);
  expect(findClusterPrograms(env)?.kubectl).toBeUndefined();
  put('kubectl');
  expect(findClusterPrograms(env)?.kubectl).toBe(`${folder}/kubectl`);
  expect(findClusterPrograms({ ...env, LBX_KUBE_BIN: '/nowhere', PATH: folder })).toBeUndefined();
});

test('the cache has them by the versions that are pinned; without LBX_CACHE it is in XDG_CACHE_HOME, or in ~/.cache', () => {
  const versionOf = (name: string, module: string) => {
    const file = new URL(`../../../../scripts/cluster/${name}/go.mod`, import.meta.url);
    return new RegExp(`${module} (v[0-9.]+)`).exec(readFileSync(file, 'utf8'))![1]!;
  };
  const kube = versionOf('kube-apiserver', 'k8s.io/kubernetes');
  const etcd = versionOf('etcd', 'go.etcd.io/etcd/server/v3');
  put(`.cache/lbx/kube-apiserver-${kube}/kube-apiserver`);
  put('.cache/lbx/etcd-v0.0.1/etcd');
  expect(findClusterPrograms({ HOME: folder })).toBeUndefined();
  put(`.cache/lbx/etcd-${etcd}/etcd`);
  put('.cache/lbx/etcd-debian/etcd');
  put(`.cache/lbx/kubectl-${kube}/kubectl`);
  const cache = `${folder}/.cache/lbx`;
  const found = {
    apiServer: `${cache}/kube-apiserver-${kube}/kube-apiserver`,
    kubectl: `${cache}/kubectl-${kube}/kubectl`,
    etcds: [
      { name: 'etcd', path: `${cache}/etcd-${etcd}/etcd` },
      { name: "Debian's etcd", path: `${cache}/etcd-debian/etcd` },
    ],
  };
  expect(findClusterPrograms({ HOME: folder })).toMatchObject(found);
  expect(findClusterPrograms({ HOME: '/nowhere', XDG_CACHE_HOME: `${folder}/.cache` })).toMatchObject(found);
  expect(findClusterPrograms({ HOME: '/nowhere', LBX_CACHE: cache })).toMatchObject(found);
});

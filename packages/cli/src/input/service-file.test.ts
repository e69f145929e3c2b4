import { describe, expect, it } from 'vitest';
import { parseServiceFile } from './service-file.ts';

const web = `apiVersion: lbx/v1
kind: Service
name: shop/web # a comment
frontends: [198.51.100.1:80/TCP]
backends:
  - 192.0.2.10:8080
  - { address: 192.0.2.11, port: 8080, weight: 50 }
`;
const read = (text: string) => {
  const { services, problems, others } = parseServiceFile(text, 'web.yaml');
  return {
    services: services.map(({ spec, origin }) => `${spec.name} ${origin}`),
    problems: problems.map(({ message }) => message),
    others,
  };
};

describe('parseServiceFile', () => {
  it('reads several documents, lists, and leaves Kubernetes alone', () => {
    const list =
      'apiVersion: lbx/v1\nkind: ServiceList\nitems:\n  - { name: a, frontends: [], backends: [] }\n  - name: b\n';
    const k8s = 'apiVersion: v1\nkind: Service\nmetadata: { name: x }\n';
    expect(read(`${web}---\n${k8s}---\n${list}`)).toEqual({
      services: ['shop/web web.yaml:1:1', 'a web.yaml:16:5', 'b web.yaml:17:5'],
      problems: [],
      others: 1,
    });
    const [first] = parseServiceFile(web, 'web.yaml').services;
    expect(first!.spec.backends).toMatchObject([{ port: 8080 }, { weight: 50 }]);
  });

  it.each([
    [
      'a bad port',
      web.replace('port: 8080, w', 'port: 80800, w'),
      /^web\.yaml:7:34: service shop\/web: backends\[1\]\.port: 80800 /,
    ],
    [
      'an unknown field',
      web.replace('weight:', 'wieght:'),
      /^web\.yaml:7:48: .*wieght: 50 is no field here; did you mean 'weight'\? known are/,
    ],
    ['no name', web.replace('name:', 'title:'), /^web\.yaml:1:1: name: nothing is no name/],
    [
      'another kind',
      web.replace('Service', 'Servise'),
      /^web\.yaml:2:7: kind: "Servise" is none of Service, ServiceList/,
    ],
    ['a list without items', 'apiVersion: lbx/v1\nkind: ServiceList', /needs a list/],
    ['an alias to nothing', `${web}mode: *nowhere\n`, /^web\.yaml:1:1: Unresolved alias .*: nowhere/],
    [
      'aliases that multiply',
      `${web}x: [${'&0 [y], &1 [*0,*0,*0], &2 [*1,*1,*1], &3 [*2,*2,*2], &4 [*3,*3,*3], &5 [*4,*4,*4]'}, *5]\n`,
      /^web\.yaml:1:1: Excessive alias count/,
    ],
    ['a long unknown field', `${web}${'x'.repeat(1000)}: 1\n`, /^web\.yaml:\d+:\d+: .{300,700}$/],
    ['broken YAML', `${web}name: twice\n`, /^web\.yaml:8:1: Map keys must be unique/],
  ])('%s is told with line and column', (_, text, message) => {
    const { services, problems } = read(text);
    expect(services).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(message)]);
  });

  it('keeps the good ones of a file', () => {
    const { services, problems } = read(`${web}---\n${web.replace('198.51.100.1:80', 'nowhere')}`);
    expect([services.length, problems.length]).toEqual([1, 1]);
  });
});

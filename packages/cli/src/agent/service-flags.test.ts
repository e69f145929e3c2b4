import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addServiceFlags, healthOptions, type ServiceFlags, translatorOptions } from './service-flags.ts';

const parse = (...args: string[]) => {
  const command = addServiceFlags(
    new Command('agent').exitOverride().configureOutput({ writeErr: () => {} }),
  );
  const flags = command.parse(args, { from: 'user' }).opts<ServiceFlags>();
  return { ...translatorOptions(flags), ...healthOptions(flags) };
};

it.each([
  [[], {}],
  [
    ['--nodeport-addresses', '192.0.2.0/24', '2001:db8::/32', '--nodeport-addresses', 'primary'],
    { nodePortAddresses: ['192.0.2.0/24', '2001:db8::/32', 'primary'] },
  ],
  [['--load-balancer-class', 'example.com/a', ''], { loadBalancerClasses: ['example.com/a', ''] }],
  [['--healthz-bind-address', 'none'], { bind: [] }],
  [
    ['--healthz-bind-address', '127.0.0.1:1', '[::1]:10256'],
    {
      bind: [
        { address: '127.0.0.1', port: 1 },
        { address: '::1', port: 10_256 },
      ],
    },
  ],
])('%j is %j', (args, options) => {
  expect(parse(...args)).toEqual(options);
});

it.each([
  [['--healthz-bind-address', '10256'], 'say ADDRESS:PORT'],
  [['--healthz-bind-address', 'localhost:1'], 'say ADDRESS:PORT'],
  [['--nodeport-addresses', '192.0.2.1'], 'say a prefix'],
  [['--nodeport-addresses', '192.0.2.0/33'], 'say a prefix'],
  [['--nodeport-addresses', 'first'], 'say a prefix'],
])('%j is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

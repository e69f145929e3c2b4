import { setImmediate as turn } from 'node:timers/promises';
import type { ApplyReport, LoadBalancer } from '@lbx/core';
import type { Translator } from '@lbx/k8s-sync';

/** So many services are worked out, or written, before the process does what else there is to do: some 50 ms. */
const sliceServices = 500;

/**
 * Writes everything that a source had at its start, slice by slice: with ten thousand services the whole takes a second, in
 * which nothing else would be answered, least of all the questions whether this process is alive. What an earlier process
 * left stays until all is written.
 *
 * @returns a report over all of it; undefined when it was given up in between.
 */
export async function firstWrite(
  loadBalancer: Pick<LoadBalancer, 'update' | 'sync'>,
  translator: Pick<Translator, 'prepare' | 'translateChanges'>,
  isClosed: () => boolean,
): Promise<ApplyReport | undefined> {
  while (!translator.prepare(sliceServices)) {
    await turn();
    if (isClosed()) return undefined;
  }
  const reports: ApplyReport[] = [];
  const services = [...translator.translateChanges()];
  for (let from = 0; from < services.length; from += sliceServices) {
    reports.push(loadBalancer.update(new Map(services.slice(from, from + sliceServices))));
    await turn();
    if (isClosed()) return undefined;
  }
  reports.push(loadBalancer.sync());
  const sum = (of: (report: ApplyReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    ...reports.at(-1)!,
    writes: sum(({ writes }) => writes),
    failed: reports.flatMap(({ failed }) => failed),
    ms: sum(({ ms }) => ms),
    writeMs: sum(({ writeMs }) => writeMs),
  };
}

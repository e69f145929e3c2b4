import { logFormats } from '../log/log-format.ts';
import { logLevels } from '../log/log-level.ts';
import { optional, withDefault } from './agent-option.ts';
import { listOf } from './option-types/collections.ts';
import { bindAddress } from './option-types/network.ts';
import { choice, wholeNumber } from './option-types/scalars.ts';

/** What the agent tells of itself. */
export const outputOptions = {
  logFormat: withDefault(
    choice(...logFormats),
    'text',
    'how lines on stdout look: for people, or one JSON object each',
  ),
  logLevel: withDefault(
    choice(...logLevels),
    'info',
    'the least weighty lines that are written; debug has one for each change',
  ),
  metricsBindAddress: withDefault(
    listOf(bindAddress()),
    ['127.0.0.1:10249'],
    "where /metrics is, for Prometheus, or 'none'",
  ),
  serviceMetrics: optional(
    wholeNumber('services', 0, 10_000),
    'none',
    'metrics have the traffic of so many Services by name, and that of all others together; counts traffic',
  ),
};

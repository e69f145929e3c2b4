import { json } from '../../output/output.ts';
import { type AgentEvent, describeEvent, eventLevels } from '../agent-event.ts';
import type { LogFormat } from './log-format.ts';

/** An event as one line. As JSON: time, level, event, message, and what belongs to the event. */
export function logLine(event: AgentEvent, format: LogFormat, time: Date): string {
  const level = eventLevels[event.event];
  if (format === 'text')
    return `${time.toISOString()} ${level.toUpperCase().padEnd(5)} ${describeEvent(event)}`;
  const { event: name, ...data } = event;
  return json({ time: time.toISOString(), level, event: name, message: describeEvent(event), ...data });
}

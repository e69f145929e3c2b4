import { resolve } from 'node:path';
import { type ProgramSettings, readProgramSettings } from '@lbx/core';
import type { ConfidenceReason } from '@lbx/maps';
import type { AgentState } from '../agent/state/agent-state.ts';
import { type AgentFlags, askAgent } from '../input/ask-agent.ts';

/** How the programs that run choose, as far as that is known, and what is to be said of it. */
export interface RunningSettings {
  readonly settings?: ProgramSettings;
  readonly remarks: readonly ConfidenceReason[];
}

/** From the programs; where the kernel does not let this process read them, as in the pod of an agent, from the agent of these pins. */
export async function runningSettings(pins: string, flags: AgentFlags): Promise<RunningSettings> {
  try {
    const settings = readProgramSettings(pins);
    return { ...(settings === undefined ? {} : { settings }), remarks: [] };
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EPERM') throw error;
  }
  const agent = await askAgent<Partial<AgentState>>(flags, 'state').catch(() => undefined);
  const isOurs = agent?.pins !== undefined && resolve(agent.pins) === resolve(pins);
  if (isOurs && agent.programs !== undefined) {
    const text = 'how the programs choose is what the agent says: to read it from them takes CAP_SYS_ADMIN';
    return { settings: agent.programs, remarks: [{ code: 'settings-told', text, doubt: false }] };
  }
  const text = `reading them takes CAP_SYS_ADMIN, or an agent of ${pins} that answers at ${flags.agent}`;
  return { remarks: [{ code: 'settings-unknown', text, doubt: false }] };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BpffsFolder, type Cgroup, createBpffsFolder, createCgroup } from '@lbx/testing';
import type { AgentEvent } from '../../src/agent/agent-event.ts';
import { type ChildOptions, type FromChild, now, type Question, type Usage } from './messages.ts';

type Applied = Extract<AgentEvent, { event: 'applied' }> & { readonly at: number };

/** An agent in a process of its own, with its own cgroup and pins. */
export interface AgentUnderTest extends AsyncDisposable {
  /** When the agent was started, and when its source told the first object. */
  readonly began: { readonly startedAt: number; readonly firstObjectAt: number };
  readonly applied: readonly Applied[];
  /** Texts of everything that it complained about. */
  readonly problems: readonly string[];
  /** Resolves when it has written something later than `since` and `test` passes. */
  until(test: () => boolean, timeoutMs?: number): Promise<void>;
  /** Resolves when nothing was written for so long. */
  quiet(milliseconds: number): Promise<void>;
  usage(): Promise<Usage>;
  /** What is in the maps, in a form that does not depend on the order of events. */
  dump(): Promise<readonly string[]>;
}

/** As in the image. */
const dockerfile = readFileSync(new URL('../../../../deploy/Dockerfile', import.meta.url), 'utf8');
const nodeOptions = /^ENV NODE_OPTIONS=(.+)$/m.exec(dockerfile)?.[1]?.split(' ') ?? [];

const script = fileURLToPath(new URL('./agent-child.ts', import.meta.url));

export function startAgentUnderTest(source: ChildOptions['source'], endpoints = 131_072): AgentUnderTest {
  const cgroup: Cgroup = createCgroup('sync');
  const folder: BpffsFolder = createBpffsFolder('sync');
  const options: ChildOptions = { source, cgroup: cgroup.path, pins: `${folder.path}/pins`, endpoints };
  const child: ChildProcess = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', process.execPath],
      ...nodeOptions,
      ...['--conditions=@lbx/source', '--expose-gc', script, JSON.stringify(options)],
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const applied: Applied[] = [];
  const problems: string[] = [];
  const answers: ((answer: never) => void)[] = [];
  let began: AgentUnderTest['began'] | undefined;
  let news = Promise.withResolvers<void>();
  let ended = false;
  child.on('message', (message: FromChild) => {
    if (message.type === 'answer') answers.shift()?.(message.answer as never);
    else if (message.type === 'began') began = message;
    else if (message.event.event === 'applied') applied.push({ ...message.event, at: message.at });
    else if (message.event.event === 'problem') problems.push(message.event.message);
    news.resolve();
    news = Promise.withResolvers();
  });
  child.on('exit', () => {
    ended = true;
    news.resolve();
  });
  const ask = (question: Question) =>
    new Promise<never>((resolve) => {
      answers.push(resolve);
      child.send(question);
    });
  /** Resolves with the next message, or after a time. */
  const next = async (milliseconds: number) => {
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, milliseconds);
    await Promise.race([news.promise, timer.promise]);
    clearTimeout(timeout);
    if (ended) throw new Error(`the agent of the bench ended by itself with exit code ${child.exitCode}`);
  };
  return {
    get began() {
      if (began === undefined) throw new Error('the source of the agent has told nothing yet');
      return began;
    },
    applied,
    problems,
    async until(test, timeoutMs = 120_000) {
      const deadline = now() + timeoutMs;
      while (!test()) {
        if (now() > deadline)
          throw new Error(
            `the agent did not get there in ${timeoutMs} ms; it applied ${applied.length} times and said: ${problems.slice(0, 3).join('; ') || 'nothing'}`,
          );
        await next(deadline - now());
      }
    },
    async quiet(milliseconds) {
      for (let count = -1; count !== applied.length; ) {
        count = applied.length;
        const until = now() + milliseconds;
        while (now() < until && count === applied.length) await next(until - now());
      }
    },
    usage: () => ask('usage'),
    dump: () => ask('dump'),
    async [Symbol.asyncDispose]() {
      if (!ended) {
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      }
      folder.close();
      cgroup.close();
    },
  };
}

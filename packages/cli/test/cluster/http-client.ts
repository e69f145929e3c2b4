import { get } from 'node:http';
import { createInterface } from 'node:readline';

// Run as a child inside a cgroup and a network namespace: asks each URL that comes as a line of standard input, and
// prints who answered, or the code of the error.
for await (const url of createInterface(process.stdin)) {
  const answer = await new Promise<string>((resolve) => {
    const request = get(url, { agent: false, timeout: 2000 }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  });
  console.log(answer);
}

import { get } from 'node:http';
import { createInterface } from 'node:readline';

// Run as a child inside a cgroup and a network namespace: asks each URL that comes as a line of standard input, followed by
// for how many milliseconds, and prints who answered, or the code of the error.
for await (const line of createInterface(process.stdin)) {
  const [url = '', timeout] = line.split(' ');
  const answer = await new Promise<string>((resolve) => {
    const request = get(url, { agent: false, timeout: Number(timeout) }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  });
  console.log(answer);
}

import { connect } from 'node:net';

// Run as a child inside a network namespace: line-client FROM TO:PORT [COUNT TIMEOUT]. With a count: connects that often and
// prints the first line of each server. Without: one connection between standard input and output.
const [, , localAddress = '', target = '', count, timeout = '30000'] = process.argv;
const [host = '', port = ''] = target.split(':');
const open = () => connect({ host, port: Number(port), localAddress });

const firstLine = () =>
  new Promise<string>((resolve) => {
    const socket = open();
    socket.setTimeout(Number(timeout), () => resolve('timeout'));
    socket.once('data', (data) => resolve(data.toString().trim()));
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    socket.on('close', () => resolve('closed'));
  });

if (count === undefined) {
  const socket = open();
  socket.setNoDelay();
  process.stdin.pipe(socket).pipe(process.stdout);
  socket.on('error', (error) => {
    console.log((error as NodeJS.ErrnoException).code);
    process.exit(1);
  });
} else {
  for (let i = 0; i < Number(count); i++) console.log(await firstLine());
  // Whoever reads may be slow, and what is not written yet would be lost.
  process.stdout.write('', () => process.exit(0));
}

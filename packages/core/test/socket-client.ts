import { connect } from 'node:net';

// Run as a child inside a cgroup: connects to each ADDRESS:PORT given and prints what the other end says, or the error.
for (const target of process.argv.slice(2)) {
  const [host = '', port = ''] = target.split(':');
  const text = await new Promise<string>((resolve) => {
    const socket = connect({ host, port: Number(port) });
    let said = '';
    socket.on('data', (data) => {
      said += data;
    });
    socket.on('end', () => resolve(`${said} as ${socket.remoteAddress}:${socket.remotePort}`));
    socket.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    socket.setTimeout(30_000, () => resolve('timeout'));
  });
  console.log(text);
}
process.stdout.write('', () => process.exit(0));

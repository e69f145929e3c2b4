import { processStreams } from './output/streams.ts';
import { runCli } from './run-cli.ts';

// Whoever reads our output may go away (`lbx … | head`, or a demo that leaves its agent standing).
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await runCli(process.argv.slice(2), processStreams);

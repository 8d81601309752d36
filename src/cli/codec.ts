import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { loadConfig } from '../config/index.ts';
import { JobError } from '../job-service/index.ts';
import type { GlobalOptions } from './context.ts';

interface CodecOptions extends GlobalOptions {
  readonly port: string;
  readonly origin?: string;
}

/** Adds `codec`, a server by which Temporal's Web UI shows encrypted payloads. */
export function addCodecCommand(program: Command): void {
  program
    .command('codec')
    .option('--port <port>', 'port on loopback; everybody who reaches it can read everything', '8234')
    .option('--origin <url>', 'the Web UI (default: web_ui of the configuration)')
    .summary("decrypt for Temporal's Web UI what `encryption` has encrypted")
    .action(async (_options, command: Command) => serveCodec(command.optsWithGlobals<CodecOptions>()));
}

async function serveCodec({ config: file, port, origin }: CodecOptions): Promise<void> {
  const { createCodecServer, openCodec } = await import('../temporal/index.ts');
  const { encryption, webUi } = await loadConfig(file);
  if (encryption === null)
    throw new JobError(
      'invalid',
      'encryption: is missing from the configuration, so there is nothing to decrypt',
    );
  const from = origin ?? webUi;
  if (from === null)
    throw new JobError(
      'invalid',
      '--origin: is missing; give it, or set web_ui in the configuration, to the address of the Web UI',
    );
  const server = createCodecServer(await openCodec(encryption), from.replace(/\/$/, ''));
  server.listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  process.stdout.write(`codec endpoint at http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  process.once('SIGTERM', () => stop()).once('SIGINT', () => stop());
  await stopped;
  server.closeAllConnections();
  server.close();
}

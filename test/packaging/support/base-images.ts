import { chmod, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from '../../support/debian-packages.ts';
import { run } from './run.ts';

/** The authorities that this machine trusts. The registry of packages may be behind one of its own. */
const AUTHORITIES = 'etc/ssl/certs/ca-certificates.crt';
const NODE = join(import.meta.dirname, '../../../node_modules/.bin/node');

/** Makes the root of a `BUILD_IMAGE`: a shell, coreutils, npm, and the Node.js of the clone's packages. */
export async function makeBuildRoot(root: string): Promise<void> {
  await unpackPackages(['dash', 'coreutils', 'libstdc++6'], root, 'all');
  const [bin, modules] = [join(root, 'usr/local/bin'), join(root, 'usr/local/lib/node_modules')];
  for (const folder of [bin, modules, join(root, 'root'), join(root, 'etc/ssl/certs')])
    await mkdir(folder, { recursive: true });
  await makeTemporary(root);
  await cp(NODE, join(bin, 'node'), { dereference: true });
  await cp(join((await run('npm', ['root', '--global'])).trim(), 'npm'), join(modules, 'npm'), {
    recursive: true,
  });
  for (const name of ['npm', 'npx']) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name));
  }
  await cp(join('/', AUTHORITIES), join(root, AUTHORITIES));
}

/** Makes the root of a `RUNTIME_IMAGE`: libraries, authorities, and a user without privileges. */
export async function makeRuntimeRoot(root: string): Promise<void> {
  await unpackPackages(['libc6', 'libstdc++6', 'ca-certificates'], root, 'all');
  // The packages contain these programs for their own installation.
  for (const folder of ['usr/bin', 'usr/sbin', 'sbin', 'bin'])
    await rm(join(root, folder), { recursive: true, force: true });
  await mkdir(join(root, 'etc/ssl/certs'), { recursive: true });
  await makeTemporary(root);
  const authorities = join(root, 'usr/share/ca-certificates/mozilla');
  const files = await readdir(authorities);
  const certificates = await Promise.all(files.map((file) => readFile(join(authorities, file))));
  await writeFile(join(root, AUTHORITIES), Buffer.concat(certificates));
  await writeFile(join(root, 'etc/passwd'), 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n');
}

async function makeTemporary(root: string): Promise<void> {
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);
}

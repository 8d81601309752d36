import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram } from './debian-program.ts';
import { listens } from './listens.ts';
import { spawnProcess } from './process.ts';
import { until } from './until.ts';

/** The configuration up to the `http` block. There is one process, which runs as the user of the tests. */
const AROUND = `daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
`;

/** Runs a real nginx with this text as its `http` block. Waits until it listens at `port` of loopback. */
export async function startNginxProcess(
  block: string,
  port: number,
): Promise<{ readonly stop: () => Promise<void> }> {
  const program = await debianProgram('nginx', 'usr/sbin/nginx');
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-nginx-'));
  await writeFile(join(folder, 'block.conf'), block);
  await writeFile(join(folder, 'nginx.conf'), `${AROUND}${temporaryFolders()}  include block.conf;\n}\n`);
  const nginx = spawnProcess(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
  const stop = async () => {
    await nginx.stop('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  await until(() => {
    if (nginx.exitCode !== null) throw new Error(`nginx has ended: ${nginx.output()}`);
    return listens(port);
  });
  return { stop };
}

/** Returns settings for temporary folders. nginx's default folders belong to root. */
function temporaryFolders(): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `  ${kind}_temp_path temporary-${kind};\n`).join('');
}

/**
 * Replaces texts of an example by those of this test run. Throws if a text that is to be replaced is not in
 * the example.
 */
export function withReal(example: string, texts: readonly (readonly [string, string])[]): string {
  return texts.reduce((whole, [written, real]) => {
    if (!whole.includes(written)) throw new Error(`the example has no "${written}"`);
    return whole.replaceAll(written, real);
  }, example);
}

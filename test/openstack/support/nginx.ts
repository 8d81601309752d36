import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram } from '../../support/debian-program.ts';
import { freePort } from '../../support/free-port.ts';
import { spawnProcess } from '../../support/process.ts';
import { until } from '../../support/until.ts';

const EXAMPLE = join(import.meta.dirname, '../../../docs/nginx.conf');

/** A real nginx that runs the example of the documentation. */
export interface Nginx {
  /** The image endpoint at an address of its own. */
  readonly url: string;
  /** The image endpoint as a path of a common address. */
  readonly pathUrl: string;
  stop(): Promise<void>;
}

/** Starts nginx on free ports, in front of the Glance and the facade at these addresses. */
export async function startNginx(glance: string, facade: string): Promise<Nginx> {
  const program = await debianProgram('nginx', 'usr/sbin/nginx');
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-nginx-'));
  const [port, pathPort] = [await freePort(), await freePort()];
  let example = await readFile(EXAMPLE, 'utf8');
  for (const [written, real] of [
    ['server 127.0.0.1:19292;', `server ${new URL(glance).host};`],
    ['server 127.0.0.1:9292;', `server ${new URL(facade).host};`],
    ['listen 127.0.0.1:9191;', `listen 127.0.0.1:${port};`],
    ['listen 127.0.0.1:8080;', `listen 127.0.0.1:${pathPort};`],
  ] as const) {
    if (!example.includes(written)) throw new Error(`${EXAMPLE} has no "${written}"`);
    example = example.replace(written, real);
  }
  await writeFile(join(folder, 'example.conf'), example);
  await writeFile(join(folder, 'nginx.conf'), `${AROUND}${temporaryFolders()}  include example.conf;\n}\n`);
  const nginx = spawnProcess(program, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await nginx.stop('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  await until(async () => {
    if (nginx.exitCode !== null) throw new Error(`nginx has ended: ${nginx.output()}`);
    return await fetch(url).then(
      () => true,
      () => false,
    );
  });
  return { url, pathUrl: `http://127.0.0.1:${pathPort}/image`, stop };
}

/** The rest of the configuration: one process, as whoever runs the tests. */
const AROUND = `daemon off;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
`;

/** Returns settings for temporary folders, because those that nginx was built with belong to root. */
function temporaryFolders(): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `  ${kind}_temp_path temporary-${kind};\n`).join('');
}

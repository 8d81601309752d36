import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { startNginxProcess, withReal } from '../../support/nginx-process.ts';

const EXAMPLE = join(import.meta.dirname, '../../../docs/nginx.conf');

/** A real nginx with the example of the documentation. */
export interface Nginx {
  /** The image endpoint at an address of its own. */
  readonly url: string;
  /** The image endpoint as a path of a shared address. */
  readonly pathUrl: string;
  stop(): Promise<void>;
}

/** Starts nginx on free ports, in front of a Glance and a facade at these addresses. */
export async function startNginx(glance: string, facade: string): Promise<Nginx> {
  const [port, pathPort] = [await freePort(), await freePort()];
  const example = withReal(await readFile(EXAMPLE, 'utf8'), [
    ['server 127.0.0.1:19292;', `server ${new URL(glance).host};`],
    ['server 127.0.0.1:9292;', `server ${new URL(facade).host};`],
    ['listen 127.0.0.1:9191;', `listen 127.0.0.1:${port};`],
    ['listen 127.0.0.1:8080;', `listen 127.0.0.1:${pathPort};`],
  ]);
  const { stop } = await startNginxProcess(example, port);
  return { url: `http://127.0.0.1:${port}`, pathUrl: `http://127.0.0.1:${pathPort}/image`, stop };
}

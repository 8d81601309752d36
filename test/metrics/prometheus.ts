import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { debianProgram } from '../support/debian-program.ts';
import { freePort } from '../support/free-port.ts';
import { spawnProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

const program = (name: string) => debianProgram('prometheus', `usr/bin/${name}`);

/** Runs promtool with a text on its stdin. Returns what it prints. Rejects if promtool finds a fault. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const running = run(await program('promtool'), [...args]);
  running.child.stdin?.end(input);
  const { stdout, stderr } = await running;
  return stdout + stderr;
}

/** A Prometheus that scrapes these addresses once a second. */
export interface Prometheus {
  /** Returns the values of a PromQL query, with their labels. */
  query(
    text: string,
  ): Promise<readonly { readonly metric: Record<string, string>; readonly value: number }[]>;
  stop(): Promise<void>;
}

/**
 * Starts a Prometheus with its data in a folder of its own.
 *
 * @param targets the addresses, by the name of the job that scrapes them
 */
export async function startPrometheus(
  targets: Readonly<Record<string, readonly string[]>>,
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-prometheus-'));
  const file = join(folder, 'prometheus.yml');
  const jobs = Object.entries(targets).map(([name, addresses]) => ({
    job_name: name,
    static_configs: [{ targets: addresses }],
  }));
  await writeFile(file, stringify({ global: { scrape_interval: '1s' }, scrape_configs: jobs }));
  const address = `127.0.0.1:${await freePort()}`;
  const server = spawnProcess(await program('prometheus'), [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
  ]);
  const ready = () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready);
  return {
    async query(text) {
      const answer = await fetch(`http://${address}/api/v1/query?${new URLSearchParams({ query: text })}`);
      const { data, error } = (await answer.json()) as {
        error?: string;
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      if (error !== undefined) throw new Error(`${text}: ${error}`);
      return data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
    },
    async stop() {
      await server.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

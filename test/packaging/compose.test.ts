/**
 * Tests the Compose file. It cannot be started, because no registry of images is available. So it is read and
 * compared with the program.
 */
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/index.ts';
import { run } from './support/run.ts';

const FILE = join(import.meta.dirname, '../../deploy/compose.yaml');

interface Service {
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly healthcheck?: { readonly test?: readonly string[] };
}

const compose = parse(await readFile(FILE, 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly secrets: object;
};
const services = Object.entries(compose.services);

test('a facade and two workers run, and can write only to the images', () => {
  const ours = services.filter(([name]) => /^(facade|worker)/.test(name));
  expect(ours.map(([, { command }]) => command?.join(' '))).toEqual(['serve', 'worker', 'worker']);
  for (const [, { read_only, volumes = [] }] of ours) {
    expect(read_only).toBe(true);
    expect(volumes.filter((volume) => !volume.endsWith(':ro'))).toEqual(['images:/srv/images']);
  }
});

test('the health of each worker is checked with the command of the image', async () => {
  const dockerfile = await readFile(join(dirname(FILE), '../Dockerfile'), 'utf8');
  const [, facade = ''] = dockerfile.match(/^HEALTHCHECK[^[]*(\[.*\])$/m) ?? [];
  const workers = services.filter(([name]) => name.startsWith('worker'));
  for (const [, { healthcheck }] of workers)
    expect(healthcheck?.test).toEqual(['CMD', ...JSON.parse(facade), '--worker']);
});

test.each(services)('every file that %s names exists', async (_name, service) => {
  const { depends_on = [], volumes = [], secrets = [] } = service;
  const needs = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on);
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(needs));
  expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining([...secrets]));
  for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
    // The operator makes the secrets.
    if (source.endsWith('/secrets')) continue;
    if (source.startsWith('.')) await access(join(dirname(FILE), source));
    else expect(Object.keys(compose.volumes)).toContain(source);
  }
});

test('Temporal starts with the password of the database, and not without it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'image-replicator-compose-'));
  const secret = join(folder, 'password');
  const [shell = '', ...args] = compose.services.temporal?.entrypoint ?? [];
  const start = () => {
    const replaced = args.map((text) =>
      text
        .replaceAll('$$', '$')
        .replace('/run/secrets/postgresql_password', secret)
        .replace('/etc/temporal/entrypoint.sh autosetup', 'sh -c "echo started with $POSTGRES_PWD"'),
    );
    return run(shell, replaced);
  };
  await expect(start()).rejects.toThrow(/^(?=.*No such file)(?!.*started)/s);
  await writeFile(secret, 'a-password\n');
  expect(await start()).toBe('started with a-password\n');
  await rm(folder, { recursive: true });
});

test('Prometheus scrapes the facade and both workers, and has the alerts', async () => {
  const file = join(dirname(FILE), 'compose/prometheus.yml');
  const { rule_files, scrape_configs } = parse(await readFile(file, 'utf8'));
  const [{ job_name, static_configs }] = scrape_configs;
  expect([job_name, static_configs[0].targets]).toEqual([
    'image-replicator',
    ['facade:9464', 'worker-1:9464', 'worker-2:9464'],
  ]);
  const mounts = compose.services.prometheus?.volumes?.map((volume) => volume.split(':')[1]);
  expect(mounts).toEqual(expect.arrayContaining(rule_files));
});

test('no port can be reached from other machines', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? []);
  expect(ports.length).toBeGreaterThan(2);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('the configuration can be loaded, and uses TLS', async () => {
  const { api, metrics, regions } = await loadConfig(join(dirname(FILE), 'compose/image-replicator.yaml'));
  expect(metrics).toEqual({ host: '0.0.0.0', port: 9464 });
  expect(api.tls?.cert).toMatch(/secrets\/tls\.crt$/);
  expect([...regions.keys()]).toEqual(['ot1', 'ot2']);
});

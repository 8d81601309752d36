// Measures how much longer a tenant's requests take while another tenant is loud or has many open jobs.
// Prints the results, and writes them to RESULTS-TENANTS.md.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import pMap from 'p-map';
import { loadConfig } from '../src/config/index.ts';
import { createJobService, OPERATOR } from '../src/job-service/index.ts';
import { deploy } from '../test/support/deployment.ts';
import { JOBS, send } from '../test/support/http.ts';
import { machine, ratio } from './report.ts';
import { median, quantile, timed } from './statistics.ts';
import { startTemporal } from './temporal.ts';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 5;
/** How often the quiet tenant asks in a round, one request after another. */
const SHOWS = 500;
/** How many requests the loud tenant pipelines on one connection. */
const PIPELINED = 10_000;
/**
 * How often the loud tenant pipelines its requests in a round. Each time, the facade soon ends the
 * connection.
 */
const BURSTS = 100;
const OPEN_JOBS = isQuick ? 500 : 5000;

const temporal = await startTemporal();
// The quiet tenant has a higher limit, because its own measurements would reach the usual one. The loud
// tenant has the usual limits.
const deployment = await deploy({
  address: temporal.address,
  config: { tenant_limits: { overrides: { 'tenant-b': { requests_per_second: 100_000 } } } },
});
const { apiUrl, tokens } = deployment;

const { limits } = await loadConfig(deployment.env.IMAGE_REPLICATOR_CONFIG ?? '');
const jobs = createJobService({ client: deployment.client, regions: deployment.regions, limits });
const image = await deployment.addImage('ot1', 1000);
const startJob = async (tenant_id: string) => {
  const source = { region: 'ot1', image_id: image.id, tenant_id };
  const { job_id } = await jobs.start(
    OPERATOR,
    { source, destination: { region: 'ot2', tenant_id } },
    { dialect: 'bench' },
  );
  return job_id;
};
const quietJob = await startJob('tenant-b');
await deployment.startApi();

/** Shows the quiet tenant's job again and again, and returns how long each answer took; milliseconds. */
async function showsWhile(isGoingOn: (shown: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (isGoingOn(times.length)) {
    times.push(
      await timed(async () => {
        const { status } = await send(`${apiUrl}${JOBS}/${quietJob}`, { token: tokens.b });
        if (status !== 200) throw new Error(`answered ${status}`);
      }),
    );
  }
  return times;
}

const shows = () => showsWhile((shown) => shown < SHOWS);

/** The loud tenant's requests. They are made beforehand, because making them takes time. */
const pipeline = Buffer.from(
  `GET ${JOBS}?limit=1 HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${tokens.a}\r\n\r\n`.repeat(PIPELINED),
);

/**
 * Sends the loud tenant's requests on one connection. Returns a function that tells whether the connection is
 * still open.
 */
async function pipelineAll(): Promise<() => boolean> {
  const { hostname, port } = new URL(apiUrl);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  let isOpen = true;
  socket.once('close', () => {
    isOpen = false;
  });
  socket.resume();
  socket.end(pipeline);
  return () => isOpen;
}

const p99 = (times: readonly number[]) => quantile(times, 0.99, Math.ceil);
const quiet: number[][] = [];
const loud: number[][] = [];
const relentless: number[][] = [];
// These runs are not measured: at first, neither process has compiled the code that it runs often.
await shows();
for (let burst = 0; burst < BURSTS; burst++) await showsWhile(await pipelineAll());
for (let round = 0; round < ROUNDS; round++) {
  quiet.push(await shows());
  await pipelineAll();
  loud.push(await shows());
  const times: number[] = [];
  for (let burst = 0; burst < BURSTS; burst++) times.push(...(await showsWhile(await pipelineAll())));
  relentless.push(times);
}
await pMap(Array.from({ length: OPEN_JOBS }), () => startJob('tenant-a'), { concurrency: 16 });
const crowded: number[][] = [];
for (let round = 0; round < ROUNDS; round++) crowded.push(await shows());

const base = p99(quiet.flat());
const row = (name: string, rounds: readonly number[][]) => {
  const each = rounds.map(p99);
  const [middle, value] = [median(rounds.flat()), p99(rounds.flat())];
  const range = `${ratio(Math.min(...each), base)} to ${ratio(Math.max(...each), base)}`;
  return `| ${name} | ${middle.toFixed(1)} ms | ${value.toFixed(1)} ms | ${ratio(value, base)} | ${range} |`;
};
const lines = [
  '# Results of one tenant beside another',
  '',
  ...(await machine('npm run bench:tenants')),
  'One facade, and a Temporal dev server with its database in a file, on the same cores; no worker.',
  `A tenant asks for one of its jobs, ${SHOWS} times in a row in each of ${ROUNDS} rounds. In the second row, the loud`,
  'tenant sends its requests on one connection right before. In the third row, it sends them again whenever the',
  'facade has ended its connection. That row has only the answers that were asked for while a connection was',
  'open. The ratio compares the 99th percentile of all rounds with that of the first row. The range is the',
  'lowest and the highest ratio of a round.',
  '',
  '| | median | 99th percentile | ratio | range |',
  '|---|---|---|---|---|',
  row('nobody else asks', quiet),
  row(`another tenant pipelines ${PIPELINED.toLocaleString('en')} requests`, loud),
  row(`another tenant does so ${BURSTS} times, one after another`, relentless),
  row(`another tenant has ${OPEN_JOBS.toLocaleString('en')} open jobs`, crowded),
  '',
];
console.log(lines.join('\n'));
if (!isQuick) await writeFile(join(import.meta.dirname, 'RESULTS-TENANTS.md'), lines.join('\n'));
await deployment.stop();
await temporal.stop();

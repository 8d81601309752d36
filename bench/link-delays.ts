import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../test/support/deployment.ts';
import { BUCKET } from './bucket-stack.ts';
import { makeImage } from './images.ts';
import { leaveNothing } from './leave-nothing.ts';
import { type Delays, storeDelays, writeDelays } from './link-report.ts';
import { JOB, LONG, openLinkStack } from './link-stack.ts';
import { peersOf } from './peers.ts';
import { machine } from './report.ts';
import { alternating } from './statistics.ts';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 3;
/** Milliseconds from a request to its answer. */
const ROUND_TRIPS = [50, 100, 200];

leaveNothing();
const stack = await openLinkStack();
const { deployment, link, job, rclone } = stack;
try {
  const {
    far: { id },
  } = await makeImage(deployment, 512 * MIB);
  const copy = join(deployment.folder, 'disk', '.peer');
  const delays: Delays['delays'][number][] = [];
  for (const roundTrip of ROUND_TRIPS) {
    await link.become({ ...LONG, delay: roundTrip / 2 });
    const times = await alternating(ROUNDS, {
      ...peersOf(rclone, { from: `from:${BUCKET}/images/${id}/data`, to: copy, remove: () => rm(copy) }),
      [JOB]: () => job(id, 'far', 'disk'),
    });
    delays.push({ roundTrip, times });
    process.stdout.write(`${JSON.stringify(delays.at(-1))}\n`);
  }
  if (!isQuick) {
    await storeDelays({ machine: await machine('npm run bench:link:delays'), delays });
    await writeDelays();
  }
} finally {
  await stack.stop();
}

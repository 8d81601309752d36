import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../test/support/deployment.ts';
import { copyByJob } from './copy-by-job.ts';
import { type Image, makeImage } from './images.ts';
import { leaveNothing } from './leave-nothing.ts';
import { type Course, copiesOverTime, copyWhereTheLineShrinks, sharesOf } from './line-courses.ts';
import { linePage, storeLine, writeLine } from './line-report.ts';
import { type LineStack, openLineStack, RATE } from './line-stack.ts';
import { byRclone, DEFAULTS } from './peers.ts';
import { machine } from './report.ts';
import { openSharedLine, type SharedLine } from './shared-line.ts';
import { alternating } from './statistics.ts';

const isQuick = process.argv.includes('--quick');
const SIZE = 768 * MIB;
/** The bytes of each of four copies. */
const QUARTER = 256 * MIB;
const ROUNDS = isQuick ? 1 : 2;
/** The rate of the line while images are made, which is not measured; bytes a second. */
const WIDE = 1_000_000_000;
/** Milliseconds from the beginning of the first of two copies to that of the second. */
const SECOND_AFTER = 5000;

leaveNothing();
const line = lineOrReason();
if (typeof line === 'string') process.stdout.write(`${line}\n`);
else await measure(line);

/** Opens the line. If this process may not, returns the reason. */
function lineOrReason(): SharedLine | string {
  try {
    return openSharedLine(WIDE);
  } catch (error) {
    return `A line that connections share needs the right to make network namespaces: ${(error as Error).message}`;
  }
}

async function measure(line: SharedLine): Promise<void> {
  const stack = await openLineStack(line);
  try {
    const { local, far: image } = await makeImage(stack.deployment, SIZE);
    const { far: quarter } = await makeImage(stack.deployment, QUARTER);
    line.become(RATE);
    const { speeds, ones, fours } = await takingTurns(stack, { local, image, quarter });
    const [one] = ones;
    if (one === undefined) throw new Error('there was no round');
    const two = await copiesOverTime(stack, image, [0, SECOND_AFTER]);
    const thin = await copyWhereTheLineShrinks(stack, line, image);
    const results = {
      machine: await machine('npm run bench:line'),
      speeds,
      shares: fours.map(sharesOf),
      courses: { one, two, thin },
    };
    process.stdout.write(linePage(results));
    if (isQuick) return;
    await storeLine(results);
    await writeLine();
  } finally {
    await stack.stop();
    line.remove();
  }
}

/** Measures the bytes a second of copies, of one and of four at once, and of rclone. */
async function takingTurns(
  stack: LineStack,
  { local, image, quarter }: { readonly local: Image; readonly image: Image; readonly quarter: Image },
) {
  const { deployment, rclone, remote } = stack;
  const ones: Course[] = [];
  const fours: Course[] = [];
  const speed = (bytes: number, work: () => Promise<number>) => async () => (1000 * bytes) / (await work());
  const copyTime = async (courses: Course[], copied: Image, starts: readonly number[]) => {
    const course = await copiesOverTime(stack, copied, starts);
    courses.push(course);
    return course.time;
  };
  const peer = join(deployment.folder, 'disk', '.peer');
  const speeds = await alternating(ROUNDS, {
    'one copy': speed(SIZE, () => copyTime(ones, image, [0])),
    'four copies at once': speed(4 * QUARTER, () => copyTime(fours, quarter, [0, 0, 0, 0])),
    'one copy in the other direction': speed(SIZE, async () => {
      const { id, time } = await copyByJob(deployment, local.id, 'disk', 'far');
      await stack.removeCopy('far', id);
      return time;
    }),
    [DEFAULTS]: speed(
      SIZE,
      byRclone(rclone, { from: `${remote}/images/${image.id}/data`, to: peer, remove: () => rm(peer) }),
    ),
  });
  return { speeds, ones, fours };
}

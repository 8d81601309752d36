import { GIB } from '../src/memory/index.ts';
import { MIB } from '../test/support/deployment.ts';
import { type MadeImage, makeImage } from './images.ts';
import { leaveNothing } from './leave-nothing.ts';
import { manyCopies, smallObjects } from './link-many.ts';
import { writePage } from './link-page.ts';
import { whereAServerRefuses } from './link-refusals.ts';
import { openLinkStack } from './link-stack.ts';
import { betweenBuckets, fromFar, largeFromFar, toFar, whereConnectionsAreCut } from './link-whole.ts';

const isQuick = process.argv.includes('--quick');
const ROUNDS = isQuick ? 1 : 3;
/** The sections to measure; all if none are named. */
const NAMED = process.argv.slice(2).filter((word) => !word.startsWith('--'));

leaveNothing();
const stack = await openLinkStack();

const images = new Map<number, MadeImage>();

/** Returns the image of this size. All sections share it. */
async function made(size: number): Promise<MadeImage> {
  const image = images.get(size) ?? (await makeImage(stack.deployment, size));
  images.set(size, image);
  return image;
}

const SECTIONS: Readonly<Record<string, () => Promise<string>>> = {
  down: async () => fromFar(stack, (await made(512 * MIB)).far, ROUNDS),
  up: async () => toFar(stack, (await made(512 * MIB)).local, ROUNDS),
  between: async () => betweenBuckets(stack, (await made(512 * MIB)).far, ROUNDS),
  cut: async () => whereConnectionsAreCut(stack, (await made(512 * MIB)).far, ROUNDS),
  many: async () => manyCopies(stack, (await made(128 * MIB)).far),
  objects: () => smallObjects(stack, ROUNDS),
  refusing: async () => {
    const { local, far } = await made(isQuick ? GIB : 2 * GIB);
    return whereAServerRefuses(stack, local, far);
  },
  large: async () => largeFromFar(stack, (await made(4 * GIB)).far),
};

try {
  const names =
    NAMED.length > 0 ? NAMED : Object.keys(SECTIONS).filter((name) => !isQuick || name !== 'large');
  const sections: string[] = [];
  for (const name of names) {
    const measure = SECTIONS[name];
    if (measure === undefined)
      throw new Error(`there is no section ${name}; use some of: ${Object.keys(SECTIONS).join(', ')}`);
    sections.push(await measure());
    if (!isQuick) await writePage(sections, { keepsOthers: NAMED.length > 0 });
  }
} finally {
  await stack.stop();
}

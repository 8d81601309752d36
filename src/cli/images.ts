import { access, constants, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import { loadConfig, openRegions, type Region } from '../config/index.ts';
import type { ImageRecord } from '../image/index.ts';
import type { UnusableImage } from '../stores/index.ts';
import { bytesText } from '../text/index.ts';
import { type ProgressBar, progressBar } from './bar.ts';
import { EXIT, UsageError, unknownRegion } from './errors.ts';
import { addExamples } from './help.ts';
import { interruption } from './interruption.ts';
import { type ListingOptions, outputOption, printListing } from './output.ts';
import { print } from './print.ts';
import { printError } from './print-error.ts';
import { type Column, table } from './table.ts';

interface ImagesOptions extends ListingOptions {
  readonly region: string;
  readonly tenant?: string;
  readonly name?: string;
}

/** The time between two updates of the bar; milliseconds. */
const BAR_INTERVAL = 100;

/** Glance's disk formats by file extension. */
const FORMATS: Readonly<Record<string, string>> = {
  '.iso': 'iso',
  '.qcow2': 'qcow2',
  '.vdi': 'vdi',
  '.vhd': 'vhd',
  '.vhdx': 'vhdx',
  '.vmdk': 'vmdk',
};

/** Adds the commands `images list` and `images add`. */
export function addImagesCommand(program: Command): void {
  const images = program.command('images').summary('list the images of a region, or add a file to them');

  images
    .command('list')
    .requiredOption('--region <region>', 'the region')
    .addOption(outputOption())
    .option('--tenant <id>', 'only images that this tenant may see')
    .summary('list the images of a region')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      const { store } = await regionOf(options);
      const found: ImageRecord[] = [];
      const unusable: UnusableImage[] = [];
      const listed = store.images(options.tenant ?? null, (image) => unusable.push(image));
      for await (const image of listed) found.push(image);
      printListing(options, {
        value: found,
        names: found.map(({ id }) => id),
        table: () => (found.length === 0 ? 'no images' : imagesText(found)),
      });
      for (const { id, fault } of unusable) {
        const message = `image ${id} is left out: ${fault.message}`;
        printError({ code: fault.code, message }, options);
      }
      if (unusable.length > 0) process.exitCode = EXIT.failed;
    });

  const add = images
    .command('add')
    .argument('<file>', 'the file; its extension tells its disk format, such as .qcow2 (default: raw)')
    .requiredOption('--region <region>', 'the region, whose store is a directory')
    .option('--tenant <id>', "the image's owner (default: none; every tenant may see the image)")
    .option('--name <name>', "the image's name (default: the file's)")
    .summary('add a file to a directory region, as an image')
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      const { store, name } = await regionOf(options);
      const { register } = store;
      if (register === undefined) {
        throw new UsageError(
          `--region: the store of ${name} is not a directory; add images with the tools of its cloud`,
        );
      }
      await assertReadable(file);
      const added = {
        name: options.name ?? basename(file),
        owner: options.tenant ?? null,
        disk_format: FORMATS[extname(file).toLowerCase()] ?? 'raw',
      };
      const bar = process.stdout.isTTY && !options.json ? progressBar(process.stdout) : undefined;
      const image = await withProgress(bar, file, (moved) =>
        register(file, added, { signal: interruption(), moved }),
      );
      print(options.json, image, imagesText([image]));
    });
  addExamples(add, 'images add ubuntu.qcow2 --region ot1 --name "Ubuntu 24.04"');
}

/** Throws if a path is not a file that can be read. */
async function assertReadable(file: string): Promise<void> {
  const usageError = (problem: string) => new UsageError(`<file>: ${file} ${problem}`);
  await access(file, constants.R_OK).catch(() => {
    throw usageError('cannot be read');
  });
  const stats = await stat(file);
  if (stats.isDirectory()) throw usageError('is a folder; name a file in it');
  if (stats.isSocket() || stats.isCharacterDevice()) throw usageError('is not a file that can be copied');
}

/** Runs work that reads a file, and shows its progress on the bar. The size of a pipe is not known. */
async function withProgress<T>(
  bar: ProgressBar | undefined,
  file: string,
  run: (moved: (bytes: number) => void) => Promise<T>,
): Promise<T> {
  const { size } = await stat(file);
  let drawn = 0;
  try {
    return await run((bytes) => {
      if (Date.now() - drawn < BAR_INTERVAL) return;
      drawn = Date.now();
      bar?.show({ bytes, size: size > 0 ? size : null, state: 'adding' });
    });
  } finally {
    bar?.stop();
  }
}

async function regionOf({ config, region }: ImagesOptions): Promise<Region> {
  const regions = await openRegions(await loadConfig(config));
  const found = regions.get(region);
  if (found === undefined) throw unknownRegion(region, regions);
  if (found.objectsOnly)
    throw new UsageError(`--region: the region '${region}' belongs to a file share, and has no images`);
  return found;
}

const COLUMNS: readonly Column<ImageRecord>[] = [
  { name: 'image', value: ({ id }) => id },
  { name: 'status', value: ({ status }) => status },
  { name: 'size', value: ({ size }) => bytesText(size), align: 'right' },
  { name: 'tenant', value: ({ owner }) => owner ?? '-', flexible: true },
  { name: 'name', value: ({ name }) => name ?? '-', flexible: true },
];

function imagesText(images: readonly ImageRecord[]): string {
  return table(images, COLUMNS, process.stdout.isTTY ? process.stdout.columns : null, ['tenant', 'status']);
}

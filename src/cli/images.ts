import { access, constants, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import prettyBytes from 'pretty-bytes';
import { loadConfig, openRegions, type Region } from '../config/index.ts';
import type { ImageRecord } from '../image/index.ts';
import { JobError } from '../job-service/index.ts';
import type { UnusableImage } from '../stores/index.ts';
import { harmless } from '../text/index.ts';
import type { GlobalOptions } from './context.ts';
import { EXIT } from './errors.ts';
import { complain, print } from './print.ts';

interface ImagesOptions extends GlobalOptions {
  readonly region: string;
  readonly tenant?: string;
  readonly name?: string;
}

/** Glance's disk formats by the endings that files of them have. */
const FORMATS: Readonly<Record<string, string>> = {
  '.iso': 'iso',
  '.qcow2': 'qcow2',
  '.vdi': 'vdi',
  '.vhd': 'vhd',
  '.vhdx': 'vhdx',
  '.vmdk': 'vmdk',
};

export function addImagesCommand(program: Command): void {
  const images = program.command('images').summary('list the images of a region, or add a file to them');

  images
    .command('list')
    .requiredOption('--region <region>')
    .option('--tenant <id>', 'only what this tenant may see')
    .summary('list the images of a region')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      const { store } = await regionOf(options);
      const found: ImageRecord[] = [];
      const unusable: UnusableImage[] = [];
      const listed = store.images(options.tenant ?? null, (image) => unusable.push(image));
      for await (const image of listed) found.push(image);
      print(options.json, found, found.map(imageText).join('\n') || 'no images');
      for (const { id, fault } of unusable) complain(`image ${id} is left out: ${fault.message}`);
      if (unusable.length > 0) process.exitCode = EXIT.failed;
    });

  images
    .command('add')
    .argument('<file>')
    .requiredOption('--region <region>')
    .option('--tenant <id>', 'its owner (default: nobody, so that every tenant may see it)')
    .option('--name <name>', "its name (default: the file's)")
    .summary('make a file an image of a directory region')
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      const { store, name } = await regionOf(options);
      if (store.register === undefined) {
        throw new JobError('invalid', `--region: region ${name} takes no files; upload with its own tools`);
      }
      await access(file, constants.R_OK).catch(() => {
        throw new JobError('invalid', `<file>: ${file} cannot be read`);
      });
      if ((await stat(file)).isDirectory()) throw new JobError('invalid', `<file>: ${file} is a folder`);
      const added = {
        name: options.name ?? basename(file),
        owner: options.tenant ?? null,
        disk_format: FORMATS[extname(file).toLowerCase()] ?? 'raw',
      };
      const image = await store.register(file, added, interruption());
      print(options.json, image, imageText(image));
    });
}

/** Aborted when the command is told to stop: what it has begun is not left behind. */
function interruption(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`interrupted by ${name}`)));
  }
  return stop.signal;
}

async function regionOf({ config, region }: ImagesOptions): Promise<Region> {
  const regions = await openRegions(await loadConfig(config));
  const found = regions.get(region);
  if (found?.objectsOnly) {
    throw new JobError('invalid', `--region: region ${region} belongs to a file share, and has no images`);
  }
  if (found !== undefined) return found;
  const names = [...regions.keys()].join(', ');
  throw new JobError('invalid', `--region: there is no region '${region}'; use one of: ${names}`);
}

function imageText({ id, status, size, name }: ImageRecord): string {
  const bytes = prettyBytes(size, { binary: true });
  return [id.padEnd(36), status.padEnd(11), bytes.padStart(9), name ?? ''].map(harmless).join('  ');
}

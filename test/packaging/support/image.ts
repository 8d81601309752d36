import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeBuildRoot, makeRuntimeRoot } from './base-images.ts';
import { openBuildah } from './buildah.ts';

const RUN_IMAGE = join(import.meta.dirname, 'run-image.sh');

/** The configuration of the image, which says how to run it. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Healthcheck: { readonly Test: readonly string[] };
}

/** The container image. */
export interface Image {
  readonly config: ImageConfig;
  /** The folder of all its files. */
  readonly root: string;
  /**
   * The path of a program that runs the entrypoint of the image with its arguments. It runs as the user of
   * the image, on a read-only root, with the environment of the image and the address of Temporal. Of this
   * machine it sees only the network, and the folder of the configuration that `IMAGE_REPLICATOR_CONFIG`
   * names.
   */
  readonly program: string;
  /** The path of a program that runs a command of the image in the same way. */
  readonly inside: string;
}

/**
 * Builds the image of the Dockerfile with buildah. Needs no registry of images, because the base images are
 * made of Debian's packages. Writes only to `folder`. Needs root.
 */
export async function buildImage(folder: string): Promise<Image> {
  const buildah = await openBuildah(folder);
  const baseOf = async (name: string, make: (root: string) => Promise<void>, settings: string[]) => {
    await make(join(folder, name));
    const container = await buildah('from', 'scratch');
    await buildah('copy', '--quiet', container, join(folder, name), '/');
    await buildah('config', ...settings, container);
    await buildah('commit', '--quiet', '--rm', container, `localhost/${name}`);
    return `localhost/${name}`;
  };
  const builder = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
  ];
  const bases = {
    BUILD_IMAGE: await baseOf(
      'build',
      makeBuildRoot,
      builder.flatMap((setting) => ['--env', setting]),
    ),
    RUNTIME_IMAGE: await baseOf('runtime', makeRuntimeRoot, ['--user', 'nonroot']),
  };
  const given = Object.entries(bases).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`]);
  // Only Docker's format has health checks.
  const form = ['--isolation', 'chroot', '--format', 'docker', '--tag', 'image-replicator'];
  const cache = join(homedir(), '.npm');
  await mkdir(cache, { recursive: true });
  await buildah('build', ...form, '--volume', `${cache}:/root/.npm`, ...given, '.');
  const { Docker } = JSON.parse(await buildah('inspect', '--type', 'image', 'image-replicator'));
  const config: ImageConfig = Docker.config;
  const root = await buildah('mount', await buildah('from', 'image-replicator'));
  const write = async (name: string, command: readonly string[]) => {
    const path = join(folder, name);
    const quoted = [RUN_IMAGE, root, config.User, ...config.Env, '--', ...command].map((word) => `'${word}'`);
    await writeFile(path, `#!/bin/sh\nexec unshare --mount ${quoted.join(' ')} "$@"\n`, { mode: 0o755 });
    return path;
  };
  return {
    config,
    root,
    program: await write('program', config.Entrypoint),
    inside: await write('inside', []),
  };
}

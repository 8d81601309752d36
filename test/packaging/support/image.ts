import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { makeBuildRoot, makeRuntimeRoot } from './base-images.ts';
import { openBuildah } from './buildah.ts';

const RUN_IMAGE = join(import.meta.dirname, 'run-image.sh');

/** The image's configuration, which says how it is to be run. */
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
   * Path of a program that runs the image's entrypoint with its arguments: as the image's user, with the
   * image's environment and Temporal's address, on a read-only root. Of this machine it sees the folder of
   * the configuration that `IMAGE_REPLICATOR_CONFIG` names, and the network.
   */
  readonly program: string;
  /** The path of a program that does the same with a command of the image instead of its entrypoint. */
  readonly inside: string;
}

/**
 * Builds the image of the Dockerfile with buildah, without a registry of images: the base images are made of
 * Debian's packages. All that it leaves is in `folder`. Needs root.
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
  // Health checks are Docker's: the other format has none.
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

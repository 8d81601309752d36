import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { type Deployment, type DeploymentOptions, deploy } from './deployment.ts';
import { noPreviousRelease, type PreviousRelease, unpackPreviousRelease } from './previous-release.ts';
import type { TestProcess } from './process.ts';

/** A deployment whose worker is replaced by one of another release in the middle of a copy. */
export interface Upgrade {
  readonly deployment: Deployment;
  /** Starts a worker of the release that is replaced. It takes `reads` milliseconds for each read. */
  startFirst(reads: number): Promise<TestProcess>;
  /** Starts a worker of the other release. */
  startSecond(reads: number): Promise<TestProcess>;
}

/**
 * Lists tests twice: from the previous release to the present one, and back. They are skipped if git does not
 * have the previous release.
 * @param config returns the keys of the configuration that replace the usual ones, for each test
 */
export function describeUpgrades(
  config: () => Promise<NonNullable<DeploymentOptions['config']>>,
  listTests: (upgrade: Upgrade) => void,
): void {
  const obstacle = noPreviousRelease();
  let previous: PreviousRelease | undefined;
  let deployment: Deployment | undefined;
  beforeAll(async () => {
    if (obstacle === null) previous = await unpackPreviousRelease();
  });
  afterAll(() => previous?.remove());
  beforeEach(async ({ skip }) => {
    if (obstacle !== null) skip(obstacle);
    deployment = await deploy({
      // The previous release does not know `heartbeat_interval`.
      limits: { heartbeat_timeout: '30s', heartbeat_interval: undefined },
      config: await config(),
    });
  });
  afterEach(async () => {
    await deployment?.stop();
    deployment = undefined;
  });

  const present = () => {
    if (deployment === undefined) throw new Error('there is no deployment outside of a test');
    return deployment;
  };
  const startPresent = (reads: number) => present().startSlowWorker(reads);
  const startPrevious = (reads: number) => present().startSlowWorker(reads, 0, previous?.command);
  const releases = {
    forwards: { startFirst: startPrevious, startSecond: startPresent },
    back: { startFirst: startPresent, startSecond: startPrevious },
  };
  describe.each(['forwards', 'back'] as const)(
    'a worker that is replaced in the middle of a copy (%s)',
    (way) =>
      listTests({
        ...releases[way],
        get deployment() {
          return present();
        },
      }),
  );
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ACCOUNT } from '../test/s3/support/s3-server.ts';
import { MIB } from '../test/support/deployment.ts';
import type { Rclone } from './rclone.ts';
import { timed } from './statistics.ts';

/** The names of rows in the tables. */
export const DEFAULTS = '`rclone copyto`';
export const BY_HAND = '`rclone copyto`, 32 streams of 16 MiB';
const CURL = '`curl`, one stream';

const STREAMS = [4, 8, 16, 32, 64];
/** rclone's default, in MiB. Larger chunks would leave some of the streams without work. */
const MAX_CHUNK = 64;

/** A copy that peers make. */
export interface PeerCopy {
  /** The source and the destination, as rclone names them. */
  readonly from: string;
  readonly to: string;
  /** The size of the copy; bytes. */
  readonly size: number;
  /** Removes the copy again. */
  remove(): Promise<void>;
}

/** A peer's measurement, which returns milliseconds. */
type Measurement = () => Promise<number>;

/** Returns the measurement of rclone with some options. */
export function byRclone(
  rclone: Rclone,
  { from, to, remove }: Omit<PeerCopy, 'size'>,
  options = '',
): Measurement {
  const script = `rclone copyto ${options} "$1" "$2"; sync "$2" 2>/dev/null || true`;
  return async () => {
    const time = await timed(() => rclone(script, from, to));
    await remove();
    return time;
  };
}

/** Returns the measurements of rclone at its defaults, and with options that were tuned by hand. */
export function peersOf(rclone: Rclone, copy: Omit<PeerCopy, 'size'>) {
  return {
    [DEFAULTS]: byRclone(rclone, copy),
    [BY_HAND]: byRclone(rclone, copy, '--multi-thread-streams 32 --multi-thread-chunk-size 16M'),
  };
}

/** Tries rclone with several numbers of streams. Returns the fastest measurement, by the name of its row. */
export async function bestOfRclone(rclone: Rclone, copy: PeerCopy): Promise<Record<string, Measurement>> {
  let best: { readonly row: string; readonly measure: Measurement; readonly time: number } | undefined;
  for (const streams of STREAMS) {
    // One chunk for each stream, so that all streams end together.
    const chunk = Math.min(MAX_CHUNK, copy.size / MIB / streams);
    const options = `--multi-thread-streams ${streams} --multi-thread-chunk-size ${chunk}M`;
    const measure = byRclone(rclone, copy, options);
    const time = await measure();
    process.stdout.write(`rclone, ${streams} streams of ${chunk} MiB: ${(time / 1000).toFixed(2)} s\n`);
    if (best === undefined || time < best.time) {
      best = {
        row: `${DEFAULTS}, ${streams} streams of ${chunk} MiB, the best of ${STREAMS.join(', ')}`,
        measure,
        time,
      };
    }
  }
  return best === undefined ? {} : { [best.row]: best.measure };
}

/**
 * Measures `curl` once, which moves everything in one stream. Returns no row if there is no curl.
 * @param endpoint the server of rclone's remotes
 */
export async function byCurl(
  endpoint: string,
  { from, to, remove }: PeerCopy,
): Promise<Record<string, number[]>> {
  const urlOf = (place: string) => `${endpoint}/${place.slice(place.indexOf(':') + 1)}`;
  const isUpload = !from.startsWith('from:');
  const places = isUpload ? ['--upload-file', from, urlOf(to)] : ['--output', to, urlOf(from)];
  const account = ['--user', `${ACCOUNT.accessKeyId}:${ACCOUNT.secretAccessKey}`];
  const signed = [
    '--aws-sigv4',
    'aws:amz:us-east-1:s3',
    '--header',
    'x-amz-content-sha256: UNSIGNED-PAYLOAD',
  ];
  const args = ['--silent', '--show-error', '--fail', ...account, ...signed, ...places];
  const begun = performance.now();
  try {
    await promisify(execFile)('curl', args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    process.stdout.write('There is no curl on this machine.\n');
    return {};
  }
  if (!isUpload) await promisify(execFile)('sync', [to]);
  const time = performance.now() - begun;
  await remove();
  return { [CURL]: [time] };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import prettyBytes from 'pretty-bytes';
import { isFinal } from '../copy-job/index.ts';
import { type JobService, type JobView, OPERATOR } from '../job-service/index.ts';
import { harmless } from '../text/index.ts';

const INTERVAL = 250;
/** The rate is that of the last few seconds. */
const WINDOW = 20;

/** Waits for a job's end; with a bar where a person is watching. */
export async function watchJob(jobs: JobService, jobId: string, withBar: boolean): Promise<JobView> {
  const bar = withBar ? progressBar() : undefined;
  try {
    for (;;) {
      const job = await jobs.show(OPERATOR, jobId);
      bar?.show(job);
      if (isFinal(job.status)) return job;
      await sleep(INTERVAL);
    }
  } finally {
    bar?.stop();
  }
}

function progressBar() {
  const samples: { readonly at: number; readonly bytes: number }[] = [];
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {copied}  {rate}  {eta_text}  {state}',
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    linewrap: false,
  });
  bar.start(1, 0, { copied: '', rate: '', eta_text: '', state: '' });
  return {
    show(job: JobView) {
      const size = job.image_size ?? 0;
      samples.push({ at: Date.now(), bytes: job.bytes_copied });
      if (samples.length > WINDOW) samples.shift();
      const rate = rateOf(samples);
      bar.setTotal(Math.max(size, 1));
      bar.update(job.status === 'replicated' ? Math.max(size, 1) : job.bytes_copied, {
        copied: `${binary(job.bytes_copied)} / ${binary(size)}`,
        rate: `${binary(rate)}/s`,
        eta_text: etaText(size - job.bytes_copied, rate),
        state: harmless(job.waiting_for === null ? stateText(job) : `waiting for ${job.waiting_for}`),
      });
    },
    stop: () => bar.stop(),
  };
}

function stateText({ status, phase, last_fault }: JobView): string {
  if (last_fault !== null) return `${last_fault.code}, trying again`;
  return phase === null || phase === 'transfer' ? status : `${status}: ${phase}`;
}

function rateOf(samples: readonly { readonly at: number; readonly bytes: number }[]): number {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at === first.at) return 0;
  return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1000);
}

function etaText(missing: number, rate: number): string {
  if (missing <= 0) return 'ETA 0:00';
  if (rate <= 0) return 'ETA -:--';
  const seconds = Math.ceil(missing / rate);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, minutes = 0, rest = 0] = parts;
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`;
  return `ETA ${hours > 0 ? `${hours}:` : ''}${tail}`;
}

function binary(bytes: number): string {
  return prettyBytes(bytes, { binary: true, minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

import { isFinal } from '../copy-job/index.ts';
import type { JobView } from '../job-service/index.ts';
import { bytesText, rateText, spanText } from '../text/index.ts';
import type { Column, Style } from './table.ts';

const STYLES: Readonly<Partial<Record<JobView['status'], Style>>> = {
  replicated: 'green',
  error: 'red',
  canceled: 'yellow',
  canceling: 'yellow',
  cancel_requested: 'yellow',
};

/** All columns that `list` can show. */
export const JOB_COLUMNS: readonly Column<JobView>[] = [
  { name: 'job', value: ({ job_id }) => job_id },
  { name: 'status', value: ({ status }) => status, style: ({ status }) => STYLES[status] ?? null },
  { name: 'done', value: ({ copy_progress }) => `${copy_progress}%`, align: 'right' },
  { name: 'size', value: ({ image_size }) => known(image_size, bytesText), align: 'right' },
  { name: 'rate', value: (job) => known(averageRate(job), rateText), align: 'right' },
  { name: 'age', value: ({ created_at }) => spanText(Date.now() - Date.parse(created_at)), align: 'right' },
  { name: 'duration', value: (job) => spanText(duration(job)), align: 'right' },
  { name: 'from', value: ({ source_region_id }) => source_region_id ?? '-' },
  { name: 'to', value: ({ destination_region_id }) => destination_region_id ?? '-' },
  {
    name: 'tenant',
    value: ({ destination_tenant_id, source_tenant_id }) => destination_tenant_id ?? source_tenant_id ?? '-',
    flexible: true,
  },
  {
    name: 'image',
    value: ({ source_image_name, source_image_id }) => source_image_name ?? source_image_id ?? '-',
    flexible: true,
  },
  { name: 'source', value: ({ source_image_id }) => source_image_id ?? '-' },
  { name: 'copy', value: ({ destination_image_id }) => destination_image_id ?? '-' },
  { name: 'created', value: ({ created_at }) => created_at },
  { name: 'updated', value: ({ updated_at }) => updated_at },
  { name: 'paused', value: ({ paused }) => (paused ? 'yes' : '-') },
  { name: 'fault', value: ({ fault }) => fault?.code ?? '-' },
];

/** The columns that `list` shows without `--columns`. */
export const USUAL_COLUMNS: readonly string[] =
  'job status done size rate age duration from to tenant image'.split(' ');

/** The columns that a narrow terminal leaves out, the first one first. */
export const DROPPED_COLUMNS: readonly string[] = 'tenant duration rate from to size age image done'.split(
  ' ',
);

/** Returns the time from a job's creation to its end, or to now if it has not ended; milliseconds. */
function duration({ status, created_at, updated_at }: JobView): number {
  return (isFinal(status) ? Date.parse(updated_at) : Date.now()) - Date.parse(created_at);
}

/** Returns a job's average rate since its creation, in bytes a second; `null` if no byte was moved. */
function averageRate(job: JobView): number | null {
  const milliseconds = duration(job);
  return job.bytes_copied === 0 || milliseconds <= 0 ? null : (job.bytes_copied / milliseconds) * 1000;
}

function known(value: number | null, text: (value: number) => string): string {
  return value === null ? '-' : text(value);
}

import { CommanderError } from 'commander';
import { ConfigError } from '../config/index.ts';
import type { JobStatus } from '../copy-job/index.ts';
import { IdentityUnavailable } from '../identity/index.ts';
import { JobError, type JobErrorCode } from '../job-service/index.ts';
import { StoreError } from '../stores/index.ts';
import { TemporalUnreachable } from '../temporal/index.ts';

/** What the command exits with. docs/operating.md, "The command". */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  canceled: 3,
  notFound: 4,
  conflict: 5,
  unavailable: 6,
} as const;

const BY_CODE: Readonly<Record<JobErrorCode, number>> = {
  invalid: EXIT.usage,
  not_found: EXIT.notFound,
  image_not_found: EXIT.notFound,
  conflict: EXIT.conflict,
  image_conflict: EXIT.conflict,
  forbidden: EXIT.conflict,
  quota_exceeded: EXIT.conflict,
  key_reused: EXIT.conflict,
  unavailable: EXIT.unavailable,
};

/** Something that whoever has called the command has to mend: an option, a file, a port. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What a failed command exits with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof TemporalUnreachable || error instanceof IdentityUnavailable) return EXIT.unavailable;
  if (error instanceof ConfigError || error instanceof UsageError) return EXIT.usage;
  if (error instanceof JobError) return BY_CODE[error.code];
  if (error instanceof StoreError) return error.code === 'not_found' ? EXIT.notFound : EXIT.unavailable;
  return EXIT.failed;
}

/** How a command that waited for a job exits. */
export function exitCodeOfJob(status: JobStatus): number {
  if (status === 'replicated') return EXIT.ok;
  return status === 'canceled' ? EXIT.canceled : EXIT.failed;
}

/** What the fields of a copy request are called on the command line. */
const OPTIONS: Readonly<Record<string, string>> = {
  'source.region': '--from',
  'source.image_id': '<image-id>',
  'source.tenant_id': '--source-tenant',
  'destination.region': '--to',
  'destination.tenant_id': '--tenant',
  'destination.image_name': '--name',
};

/** An error as it is told: in words, and as `--json` has it. */
export interface Told {
  readonly code: string;
  readonly message: string;
}

/**
 * Returns what there is to tell of an error; `null` where it is none, such as the help that was asked for.
 */
export function toldOf(error: unknown): Told | null {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    return { code: 'usage', message: error.message.replace(/^error: /, '') };
  }
  if (!(error instanceof Error)) return { code: 'internal', message: String(error) };
  return { code: codeOf(error), message: messageOf(error) };
}

function codeOf(error: Error): string {
  if (error instanceof TemporalUnreachable || error instanceof IdentityUnavailable) return 'unavailable';
  if (error instanceof ConfigError || error instanceof UsageError) return 'usage';
  if (error instanceof JobError || error instanceof StoreError) return error.code;
  return 'internal';
}

function messageOf(error: Error): string {
  const field = error instanceof JobError ? error.field : null;
  const option = field === null ? undefined : OPTIONS[field];
  return option === undefined ? error.message : error.message.replace(`${field}:`, `${option}:`);
}

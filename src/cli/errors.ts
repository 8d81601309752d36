import { CommanderError } from 'commander';
import { ConfigError, UnusableSecret } from '../config/index.ts';
import type { JobStatus } from '../copy-job/index.ts';
import { UnusableProxy } from '../http/index.ts';
import { IdentityUnavailable } from '../identity/index.ts';
import { JobError, type JobErrorCode } from '../job-service/index.ts';
import { StoreError } from '../stores/index.ts';
import { TaskError } from '../task-service/index.ts';
import { TemporalUnreachable } from '../temporal/index.ts';

/** The exit codes of the command. docs/command.md describes them. */
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

/**
 * An error that the user of the command can correct, such as a wrong option, a missing file, or a port that
 * is in use.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Returns the error for a region that the configuration does not have. Its message names the known regions.
 */
export function unknownRegion(name: string, known: ReadonlyMap<string, unknown>): UsageError {
  const names = [...known.keys()].join(', ');
  return new UsageError(`--region: there is no region '${name}'; use one of: ${names}`);
}

/** Returns the exit code of a command that has failed with an error. */
export function exitCodeOf(error: unknown): number {
  if (missingNamespace(error) !== null) return EXIT.unavailable;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof TemporalUnreachable || error instanceof IdentityUnavailable) return EXIT.unavailable;
  if (isUsage(error)) return EXIT.usage;
  if (error instanceof JobError) return BY_CODE[error.code];
  if (error instanceof TaskError) return error.code === 'task_not_found' ? EXIT.notFound : EXIT.unavailable;
  if (error instanceof StoreError) return error.code === 'not_found' ? EXIT.notFound : EXIT.unavailable;
  return EXIT.failed;
}

function isUsage(error: unknown): boolean {
  const kinds = [ConfigError, UnusableSecret, UsageError, UnusableProxy];
  return kinds.some((kind) => error instanceof kind);
}

/** Returns the exit code of a command that waited for a job. */
export function exitCodeOfJob(status: JobStatus): number {
  if (status === 'replicated') return EXIT.ok;
  return status === 'canceled' ? EXIT.canceled : EXIT.failed;
}

/** The options of the command line that stand for the fields of requests. */
const OPTIONS: Readonly<Record<string, string>> = {
  'source.region': '--from',
  'source.image_id': '<image-id>',
  'source.tenant_id': '--source-tenant',
  'destination.region': '--to',
  'destination.tenant_id': '--tenant',
  'destination.image_name': '--name',
  marker: '--marker',
};

/**
 * An error as it is shown to the user. With `--json` both fields are printed, without it only the message.
 */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
}

const NO_COMMAND = 'a command is missing, or is not known; add --help to see the commands';

/**
 * Returns how an error is shown to the user; `null` if it is not a real error, such as the end of `--help`.
 */
export function reportOf(error: unknown): ErrorReport | null {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    // Commander has printed the help, and its message is only a placeholder for it.
    if (error.code === 'commander.help') return { code: 'usage', message: NO_COMMAND };
    return { code: 'usage', message: error.message.replace(/^error: /, '') };
  }
  if (!(error instanceof Error)) return { code: 'internal', message: String(error) };
  const namespace = missingNamespace(error);
  if (namespace !== null) {
    const message = `Temporal has no namespace ${namespace}; set TEMPORAL_NAMESPACE to one that it has`;
    return { code: 'unavailable', message };
  }
  return { code: codeOf(error), message: messageOf(error) };
}

function codeOf(error: Error): string {
  if (error instanceof TemporalUnreachable || error instanceof IdentityUnavailable) return 'unavailable';
  if (isUsage(error)) return 'usage';
  if (error instanceof JobError || error instanceof StoreError) return error.code;
  if (error instanceof TaskError) return error.code;
  return 'internal';
}

/** Returns the message of an error. It begins with the option that is wrong, if the error names a field. */
function messageOf(error: Error): string {
  const { message } = error;
  if (!(error instanceof JobError) || error.field === null) return message;
  const { field } = error;
  const problem = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
  return `${OPTIONS[field] ?? field}: ${problem}`;
}

/**
 * Returns the name of the namespace if an error says that Temporal does not have it; `null` for any other
 * error.
 */
function missingNamespace(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const found = /Namespace (?:(\S+) is not found|not found: '([^']+)')/.exec(error.message);
  return found?.[1] ?? found?.[2] ?? missingNamespace(error.cause);
}

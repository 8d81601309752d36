import { INVALID_REQUEST, undecodableProblem } from '../src/copy-job/index.ts';
import { failureOf } from './faults.ts';

type Kind = 'string' | 'number' | 'boolean' | 'object';

/**
 * Checks those fields of an input that the workflow itself uses. Somebody may have started the workflow by
 * hand, and without this check a wrong input would fail the Workflow Task again and again.
 * @param fields the kind of each field, by its path, for example `plan.task_queue`; an empty path is the
 * input itself
 * @throws ApplicationFailure `invalid_request` naming the first field that is wrong
 */
export function assertInput(input: unknown, fields: Readonly<Record<string, Kind>>): void {
  const problem = undecodableProblem(input);
  if (problem !== undefined) throw invalidInput('input', problem);
  for (const [path, kind] of Object.entries(fields)) {
    const steps = path === '' ? [] : path.split('.');
    const found = steps.reduce<unknown>(
      (value, step) => (value as Record<string, unknown> | null)?.[step],
      input,
    );
    if (found === undefined || found === null || found === '')
      throw invalidInput(path || 'input', 'is missing');
    if (typeof found !== kind || Array.isArray(found))
      throw invalidInput(path || 'input', `has to be ${NAMES[kind]}`);
  }
}

const NAMES: Readonly<Record<Kind, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
};

/** Returns the failure with which a workflow closes if its input can never work. */
export function invalidInput(field: string, problem: string): Error {
  return failureOf({ code: INVALID_REQUEST, side: null, message: `${field}: ${problem}` });
}

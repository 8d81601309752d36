import type { FastifyError } from 'fastify';
import { unknownKey, wrongValue } from '../text/index.ts';

/**
 * Options of Ajv, which validates requests. `verbose` adds to each error the part of the schema that was
 * violated, and the value.
 */
export const VALIDATOR = { removeAdditional: false, coerceTypes: false, verbose: true } as const;

/** The fields that Ajv adds to an error if it is `verbose`. */
interface Verbose {
  readonly parentSchema?: object;
  readonly data?: unknown;
}

/** Describes how a request violates its schema. The text begins with the field. */
export function validationProblem({
  validation,
  validationContext,
}: Pick<FastifyError, 'validation' | 'validationContext'>): string {
  const [problem] = validation ?? [];
  if (problem === undefined) return `${validationContext}: cannot be used`;
  const { keyword, instancePath, params } = problem;
  const { parentSchema = {}, data } = problem as Verbose;
  const { missingProperty, additionalProperty } = params;
  const named = (...more: unknown[]) => [...instancePath.split('/').slice(1), ...more].join('.');
  if (missingProperty !== undefined) return `${named(missingProperty)}: is missing`;
  if (additionalProperty !== undefined) return `${named(additionalProperty)}: ${unknownKey(parentSchema)}`;
  return `${named() || validationContext}: ${wrongValue(keyword, parentSchema, data)}`;
}

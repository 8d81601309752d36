import type { FastifyError } from 'fastify';

/** Returns a schema's complaint about a request, in words that name the field. */
export function validationProblem({
  validation,
  validationContext,
}: Pick<FastifyError, 'validation' | 'validationContext'>): string {
  const [problem] = validation ?? [];
  const path = problem?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  const { missingProperty, additionalProperty, allowedValues } = problem?.params ?? {};
  if (missingProperty !== undefined) return `${missingProperty}: is missing`;
  if (additionalProperty !== undefined) return `${additionalProperty}: is not known here`;
  const choice = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
  return `${path || validationContext}: ${problem?.message}${choice}`;
}

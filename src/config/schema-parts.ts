import Type from 'typebox';
import { RATE_PATTERN, SIZE_PATTERN } from './size.ts';
import { SPAN_PATTERN } from './timetable.ts';

const NAME_IN_WORDS =
  'a name of 1 to 63 letters, digits, dots, hyphens and underscores that begins with a letter or digit';
const NAME_PATTERN = '[A-Za-z0-9][A-Za-z0-9._-]{0,62}';
const NAME = {
  pattern: `^${NAME_PATTERN}$`,
  patternErrorMessage: NAME_IN_WORDS,
} as const;
/** The pattern of a pair of regions such as `ot1->ot2`. */
export const PAIR_PATTERN = `^${NAME_PATTERN}->${NAME_PATTERN}$`;
/** Options of a record whose keys are names. */
export const named = { additionalProperties: false, patternErrorMessage: NAME_IN_WORDS } as const;

/** The schema of a name of a region, a share or a target, with a description of its own. */
export const name = (description: string) => Type.String({ ...NAME, description });
/** The schema of a name of a region, a share or a target, without a description. */
export const Name = Type.String(NAME);

/** The schema of a time with its unit, such as `30s` or `1h`. */
export const duration = (description: string) =>
  Type.String({
    pattern: '^[1-9][0-9]* ?(ms|s|m|h|d)$',
    patternErrorMessage: 'a duration such as 30s',
    description,
  });

/** The schema of a number of bytes with its unit. */
export const size = (example: string, description: string) =>
  Type.String({ pattern: SIZE_PATTERN, patternErrorMessage: `a size such as ${example}`, description });

const Rate = Type.String({ pattern: RATE_PATTERN, patternErrorMessage: 'a rate such as 50MB/s' });

/** The schema of a bandwidth limit: a rate, or a timetable of rates. */
export const Bandwidth = (description: string) =>
  Type.Union(
    [
      Rate,
      Type.Record(Type.String({ pattern: SPAN_PATTERN }), Rate, {
        minProperties: 1,
        additionalProperties: false,
        patternErrorMessage: 'rates by the time of day such as {08:00-18:00: 20MB/s, else: 50MB/s}',
      }),
    ],
    { description },
  );

/** The schema of a text that is not empty. */
export const text = (description: string) => Type.String({ minLength: 1, description });

/** Options of an object's schema that make unknown keys an error. */
export const closed = { additionalProperties: false } as const;

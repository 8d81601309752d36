import Type from 'typebox';
import { RATE_PATTERN } from './size.ts';
import { SPAN_PATTERN } from './timetable.ts';

const NAME_IN_WORDS = 'a name of 1 to 63 letters, digits, dots, hyphens and underscores';
const NAME_PATTERN = '[A-Za-z0-9][A-Za-z0-9._-]{0,62}';
const NAME = {
  pattern: `^${NAME_PATTERN}$`,
  patternErrorMessage: NAME_IN_WORDS,
} as const;
/** Two names with an arrow in between. */
export const PAIR_PATTERN = `^${NAME_PATTERN}->${NAME_PATTERN}$`;
/** An object whose keys are names. */
export const named = { additionalProperties: false, patternErrorMessage: NAME_IN_WORDS } as const;

/** A name, as regions, shares and targets have one. */
export const name = (description: string) => Type.String({ ...NAME, description });
export const Name = Type.String(NAME);

/** A time with its unit, as in `30s` or `1h`. */
export const duration = (description: string) =>
  Type.String({
    pattern: '^[1-9][0-9]* ?(ms|s|m|h|d)$',
    patternErrorMessage: 'a duration such as 30s',
    description,
  });

const Rate = Type.String({ pattern: RATE_PATTERN, patternErrorMessage: 'a rate such as 50MB/s' });

/** A limit of bandwidth: a rate, or a timetable of rates. */
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

/** A text that is not empty. */
export const text = (description: string) => Type.String({ minLength: 1, description });

/** An option of an object's schema: a key that the schema does not name is an error. */
export const closed = { additionalProperties: false } as const;

import Type from 'typebox';

/** The schema of the largest number of entries on a page, as text in a query. */
export const PageSize = Type.String({
  pattern: '^([1-9][0-9]{0,2}|1000)$',
  description: 'a whole number from 1 to 1000',
  examples: ['10'],
});

/** The schema of the number of entries before a page, as text in a query. */
export const Offset = Type.String({
  pattern: '^[0-9]{1,6}$',
  description: 'a whole number from 0 to 999999',
});

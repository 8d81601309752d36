const UNITS: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** The pattern of a size with its unit, decimal or binary, such as `500 MB` or `200GiB`. */
export const SIZE_PATTERN = `^[1-9][0-9]{0,8} ?(${Object.keys(UNITS).join('|')})$`;

/** The pattern of a rate with its unit, such as `50MB/s`. */
export const RATE_PATTERN = `${SIZE_PATTERN.slice(0, -1)}/s$`;

/** Returns the bytes a second of a text such as `50MB/s`; `undefined` if the text is not a rate. */
export function parseRate(text: string): number | undefined {
  return new RegExp(RATE_PATTERN).test(text) ? parseSize(text) : undefined;
}

/** Returns the number of bytes that a text states; the text MUST match `SIZE_PATTERN` or `RATE_PATTERN`. */
export function parseSize(text: string): number {
  const [, amount, unit] = /^(\d+) ?(\w+)/.exec(text) ?? [];
  return Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
}

import prettyBytes from 'pretty-bytes';

/** Returns a number of bytes as text for people, such as `3.8 GiB`. */
export function bytesText(bytes: number): string {
  return prettyBytes(bytes, { binary: true, minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** Returns a rate as text for people, such as `764.7 MiB/s`. */
export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`;
}

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/**
 * Returns a duration in one or two units, such as `45s`, `3m20s` or `2d4h`. Ten or more of the first unit
 * stand alone, as in `12m`.
 */
export function spanText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const index = UNITS.findIndex(([, size]) => seconds >= size);
  const [name, size] = UNITS[index] ?? ['s', 1];
  const whole = Math.floor(seconds / size);
  const next = UNITS[index + 1];
  const rest = next === undefined || whole >= 10 ? 0 : Math.floor((seconds % size) / next[1]);
  return rest === 0 || next === undefined ? `${whole}${name}` : `${whole}${name}${rest}${next[0]}`;
}

/** Returns a remaining time in the form of a clock, such as `0:06` or `1:02:03`. */
export function clockText(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

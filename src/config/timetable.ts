import { parseSize } from './size.ts';

/** Rates in bytes a second by the time of day. If spans overlap, the first one counts. */
interface Timetable {
  readonly spans: readonly Span[];
  /** The rate at all other times; `null` if there is no limit. */
  readonly otherwise: number | null;
  /** A name of the IANA time zone database, such as `Europe/Paris`. */
  readonly timeZone: string;
}

/** A span of the day, in minutes after midnight. If `to` is not after `from`, the span crosses midnight. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

/** A bandwidth limit: bytes a second, always or by the time of day; `null` for no limit. */
export type Rate = number | Timetable | null;

/** A rate, or a timetable of rates by span, in the form of the configuration file. */
export type RateSection = string | Readonly<Record<string, string>>;

/** The key of a timetable that stands for all other times. */
const OTHERWISE = 'else';
/** The pattern of a timetable's keys: a span of the day such as `08:00-18:00`, or `else`. */
export const SPAN_PATTERN = `^(${OTHERWISE}|([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00))$`;

/** Returns the rate of a section of the file. The spans of a timetable are in `timeZone`. */
export function rateFrom(section: RateSection | undefined, timeZone: string): Rate {
  if (section === undefined) return null;
  if (typeof section === 'string') return parseSize(section);
  const { [OTHERWISE]: otherwise, ...spans } = section;
  return {
    spans: Object.entries(spans).map(([span, rate]) => ({ ...spanFrom(span), rate: parseSize(rate) })),
    otherwise: otherwise === undefined ? null : parseSize(otherwise),
    timeZone,
  };
}

function spanFrom(text: string): Omit<Span, 'rate'> {
  const [from = 0, to = 0] = text.split('-').map((time) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    return hours * 60 + minutes;
  });
  return { from, to };
}

/** Returns the bytes a second that a rate allows at the time `now`; `null` for no limit. */
export function rateAt(rate: Rate, now: number): number | null {
  if (rate === null || typeof rate === 'number') return rate;
  const minute = minuteOfDay(rate.timeZone, now);
  const span = rate.spans.find(({ from, to }) =>
    from < to ? from <= minute && minute < to : from <= minute || minute < to,
  );
  return span?.rate ?? rate.otherwise;
}

/**
 * The present minute of the day in each time zone, and when that minute begins and ends. Computing it for
 * each call would be slow.
 */
const minutes = new Map<string, { readonly from: number; readonly until: number; readonly minute: number }>();

function minuteOfDay(timeZone: string, now: number): number {
  const known = minutes.get(timeZone);
  if (known !== undefined && known.from <= now && now < known.until) return known.minute;
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(now);
  const partOf = (type: 'hour' | 'minute') => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const minute = partOf('hour') * 60 + partOf('minute');
  // The offset from UTC of every present time zone is a number of whole minutes.
  const from = Math.floor(now / 60_000) * 60_000;
  minutes.set(timeZone, { from, until: from + 60_000, minute });
  return minute;
}

/** Tells whether there is a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

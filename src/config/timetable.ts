import { parseSize } from './size.ts';

/** Rates in bytes a second by the time of day. The first span that a time is in counts. */
export interface Timetable {
  readonly spans: readonly Span[];
  /** The rate at all other times; `null` if there is no limit. */
  readonly otherwise: number | null;
  /** A name of the IANA database. */
  readonly timeZone: string;
}

/** A span of the day, in minutes after midnight. It goes over midnight if its end is before its beginning. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly rate: number;
}

/** A limit of bandwidth: bytes a second, always or by the time of day; `null` if there is none. */
export type Rate = number | Timetable | null;

/** A rate, or a timetable of rates by span, as a configuration file has it. */
export type RateSection = string | Readonly<Record<string, string>>;

/** The key of a timetable for all other times. */
const OTHERWISE = 'else';
/** A span of the day such as `08:00-18:00`, or `else`. */
export const SPAN_PATTERN = `^(${OTHERWISE}|([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00))$`;

/** Returns the rate that a section of a file says. */
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

/** Returns the bytes a second that a rate allows at a time; `null` if any number. */
export function rateAt(rate: Rate, now: number): number | null {
  if (rate === null || typeof rate === 'number') return rate;
  const minute = minuteOfDay(rate.timeZone, now);
  const span = rate.spans.find(({ from, to }) =>
    from < to ? from <= minute && minute < to : from <= minute || minute < to,
  );
  return span?.rate ?? rate.otherwise;
}

/** The minute of the day in each time zone, and until when it is that one. To find it out takes long. */
const minutes = new Map<string, { readonly until: number; readonly from: number; readonly minute: number }>();

function minuteOfDay(timeZone: string, now: number): number {
  const known = minutes.get(timeZone);
  if (known !== undefined && known.from <= now && now < known.until) return known.minute;
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(now);
  const of = (type: 'hour' | 'minute') => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const minute = of('hour') * 60 + of('minute');
  // Every zone of today is whole minutes away from UTC.
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

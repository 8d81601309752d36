import { LEFT, picture, text, type Words } from './svg.ts';

/** Curves over time, in panels one below the other. */
export interface Curves extends Words {
  /** The end of the time axis; seconds. */
  readonly end: number;
  readonly panels: readonly Panel[];
}

interface Panel {
  /** Says what the panel's curves are, and in which unit. */
  readonly about: string;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
  /** A curve of the largest possible value. */
  readonly most?: readonly Point[];
}

type Point = readonly [seconds: number, value: number];

const RIGHT = 736;
const AXIS = 58;
/** The height of a panel, and where its curves begin and end in it. */
const [PANEL, TOP, BOTTOM] = [196, 40, 168];
const FIRST = 62;
/** The approximate number of values on an axis. */
const VALUES = 5;

/** Draws a chart as SVG, for up to three series in each panel. */
export function timeChart({ panels, end, ...words }: Curves): string {
  const drawn = panels.flatMap((panel, index) => draw(panel, FIRST + index * PANEL, end));
  const foot = FIRST + panels.length * PANEL;
  return picture(foot + 42, words, [
    ...drawn,
    text(RIGHT, foot + 8, 'seconds', 'class="quiet" text-anchor="end"'),
  ]);
}

function draw({ about, series, most = [] }: Panel, top: number, end: number): string[] {
  const values = [...series.flatMap(({ points }) => points), ...most].map(([, value]) => value);
  const highest = Math.max(1, ...values) * 1.05;
  const x = (seconds: number) => round(AXIS + (seconds / end) * (RIGHT - AXIS));
  const y = (value: number) => round(top + BOTTOM - (value / highest) * (BOTTOM - TOP));
  const curve = (points: readonly Point[]) =>
    points.map(([seconds, value]) => `${x(seconds)},${y(value)}`).join(' ');
  const line = (kind: string, points: readonly Point[]) =>
    `<polyline class="${kind}" points="${curve(points)}"/>`;
  return [
    text(LEFT, top + 24, about),
    ...series.flatMap(({ name }, index) => legend(name, 300 + index * 150, top + 20, index)),
    ...ticks(highest).map((value) =>
      text(AXIS - 8, y(value) + 4, String(value), 'class="quiet" text-anchor="end"'),
    ),
    ...ticks(end).map((at) =>
      text(x(at), top + BOTTOM + 18, String(at), 'class="quiet" text-anchor="middle"'),
    ),
    `<polyline class="axis" fill="none" points="${curve([
      [0, highest],
      [0, 0],
      [end, 0],
    ])}"/>`,
    ...(most.length > 0 ? [line('most', most)] : []),
    ...series.map(({ points }, index) => line(`l${index}`, points)),
  ];
}

function legend(name: string, x: number, y: number, index: number): string[] {
  return [
    `<line class="l${index}" x1="${x}" x2="${x + 16}" y1="${y}" y2="${y}"/>`,
    text(x + 22, y + 4, name),
  ];
}

/** Returns round values from 0 to the highest one. */
function ticks(highest: number): number[] {
  const minStep = highest / VALUES;
  const decade = 10 ** Math.floor(Math.log10(minStep));
  const step = [1, 2, 5, 10].map((times) => times * decade).find((size) => size >= minStep) ?? decade;
  return Array.from({ length: Math.floor(highest / step) + 1 }, (_, index) => index * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

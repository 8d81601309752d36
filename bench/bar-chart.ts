import { LEFT, picture, text, type Words } from './svg.ts';

/** Groups of bars, one bar of each series in every group. */
export interface Bars extends Words {
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const HEIGHT = 400;
/** The area of the bars. */
const [RIGHT, TOP, BOTTOM] = [736, 122, 336];
const BAR = 42;
const GAP = 6;

/** Draws a chart as SVG, for up to three series. */
export function barChart({ series, groups, ...words }: Bars): string {
  const highest = Math.max(...groups.flatMap(({ values }) => values));
  const room = (RIGHT - LEFT) / groups.length;
  const width = series.length * BAR + (series.length - 1) * GAP;
  const bars = groups.flatMap(({ label, values }, group) => {
    const middle = LEFT + room * (group + 0.5);
    return [
      ...values.map((value, index) => bar(value, highest, middle - width / 2 + index * (BAR + GAP), index)),
      text(middle, BOTTOM + 22, label, 'text-anchor="middle"'),
    ];
  });
  const legend = series.flatMap((name, index) => {
    const x = LEFT + index * 240;
    return [
      `<rect class="s${index}" x="${x}" y="72" width="12" height="12" rx="2"/>`,
      text(x + 18, 83, name),
    ];
  });
  const axis = `<line class="axis" x1="${LEFT}" x2="${RIGHT}" y1="${BOTTOM}" y2="${BOTTOM}"/>`;
  return picture(HEIGHT, words, [...legend, ...bars, axis]);
}

function bar(value: number, highest: number, x: number, index: number): string {
  const height = Math.round((value / highest) * (BOTTOM - TOP));
  const y = BOTTOM - height;
  return `<rect class="s${index}" x="${x}" y="${y}" width="${BAR}" height="${height}" rx="2"/>
${text(x + BAR / 2, y - 6, value.toFixed(1), 'text-anchor="middle"')}`;
}

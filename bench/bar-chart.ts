/** Groups of bars, one bar of each series in every group. */
export interface Bars {
  readonly title: string;
  /** Says what the bars mean, and in which unit. */
  readonly about: string;
  /** Says where and when they were measured. */
  readonly source: string;
  readonly series: readonly string[];
  readonly groups: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const WIDTH = 760;
const HEIGHT = 400;
/** The area of the bars. */
const [LEFT, RIGHT, TOP, BOTTOM] = [24, 736, 122, 336];
const BAR = 42;
const GAP = 6;

/** A picture that follows the reader's choice of light or dark has its own ground, or text would vanish. */
const STYLE = `
  text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .ground { fill: #ffffff; stroke: #d1d9e0; }
  .axis { stroke: #818b98; }
  .s0 { fill: #8c959f; } .s1 { fill: #bf8700; } .s2 { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .ground { fill: #0d1117; stroke: #3d444d; }
    .s0 { fill: #7d8590; } .s1 { fill: #d29922; } .s2 { fill: #4493f8; }
  }
`;

/** Draws a chart as SVG, for up to three series. */
export function barChart({ title, about, source, series, groups }: Bars): string {
  const most = Math.max(...groups.flatMap(({ values }) => values));
  const room = (RIGHT - LEFT) / groups.length;
  const width = series.length * BAR + (series.length - 1) * GAP;
  const bars = groups.flatMap(({ label, values }, group) => {
    const middle = LEFT + room * (group + 0.5);
    return [
      ...values.map((value, index) => bar(value, most, middle - width / 2 + index * (BAR + GAP), index)),
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
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="6"/>`,
    text(LEFT, 34, title, 'class="title"'),
    text(LEFT, 55, about, 'class="quiet"'),
    ...legend,
    ...bars,
    `<line class="axis" x1="${LEFT}" x2="${RIGHT}" y1="${BOTTOM}" y2="${BOTTOM}"/>`,
    text(LEFT, HEIGHT - 16, source, 'class="quiet"'),
    '</svg>',
    '',
  ].join('\n');
}

function bar(value: number, most: number, x: number, index: number): string {
  const height = Math.round((value / most) * (BOTTOM - TOP));
  const y = BOTTOM - height;
  return `<rect class="s${index}" x="${x}" y="${y}" width="${BAR}" height="${height}" rx="2"/>
${text(x + BAR / 2, y - 6, value.toFixed(1), 'text-anchor="middle"')}`;
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

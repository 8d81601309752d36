const WIDTH = 760;
export const LEFT = 24;

/**
 * The style follows the reader's choice of light or dark. It includes a background, because the text might
 * have the colour of the page around the picture.
 */
const STYLE = `
  text { font: 13px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
  .title { font-size: 17px; font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .ground { fill: #ffffff; stroke: #d1d9e0; }
  .axis { stroke: #818b98; }
  .most { stroke: #818b98; stroke-dasharray: 4 4; }
  .s0 { fill: #8c959f; } .s1 { fill: #bf8700; } .s2 { fill: #0969da; }
  .l0 { stroke: #0969da; } .l1 { stroke: #bf8700; } .l2 { stroke: #8c959f; }
  .l0, .l1, .l2, .most { fill: none; } .l0, .l1, .l2 { stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .quiet { fill: #9198a1; }
    .ground { fill: #0d1117; stroke: #3d444d; }
    .s0 { fill: #7d8590; } .s1 { fill: #d29922; } .s2 { fill: #4493f8; }
    .l0 { stroke: #4493f8; } .l1 { stroke: #d29922; } .l2 { stroke: #7d8590; }
  }
`;

/** The words above and below a chart. */
export interface Words {
  readonly title: string;
  /** Says what is drawn, and in which unit. */
  readonly about: string;
  /** Says where and when it was measured. */
  readonly source: string;
}

/** Returns an SVG picture with the elements of a chart between its words. */
export function picture(
  height: number,
  { title, about, source }: Words,
  elements: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    text(LEFT, 34, title, 'class="title"'),
    text(LEFT, 55, about, 'class="quiet"'),
    ...elements,
    text(LEFT, height - 16, source, 'class="quiet"'),
    '</svg>',
    '',
  ].join('\n');
}

/** Returns an element of text. */
export function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

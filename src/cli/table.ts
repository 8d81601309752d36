import { styleText } from 'node:util';
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { harmless } from '../text/index.ts';

/** A style of `util.styleText`, which has no effect if the output is not a terminal or NO_COLOR is set. */
export type Style = 'green' | 'red' | 'yellow' | 'dim';

/** A column of a table. */
export interface Column<Row> {
  /** The column's name in `--columns`. The table's header shows it in capitals. */
  readonly name: string;
  value(row: Row): string;
  style?(row: Row): Style | null;
  readonly align?: 'right';
  /** Present if long values may be cut. */
  readonly flexible?: true;
}

const GAP = '  ';
/** A flexible column is not cut below this width. */
const MIN_WIDTH = 8;

/**
 * Returns a table with a header and one line for each row.
 * @param width how many characters fit into a line of the terminal; `null` if there is no limit
 * @param droppable the names of columns that may be left out for lack of room, in this order
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number | null,
  droppable: readonly string[] = [],
): string {
  const cells = columns.map((column) => ({
    column,
    texts: rows.map((row) => harmless(column.value(row))),
  }));
  const measured = cells.map((cell) => ({
    ...cell,
    width: Math.max(...[cell.column.name, ...cell.texts].map((text) => stringWidth(text))),
  }));
  const shown = width === null ? measured : fitted(measured, width, droppable);
  const isLast = (cell: Cell<Row>) => cell === shown.at(-1);
  const lines = [
    shown.map((cell) => styleText('bold', padded(cell.column.name.toUpperCase(), cell, isLast(cell)))),
    ...rows.map((row, index) =>
      shown.map((cell) => {
        const text = padded(cell.texts[index] ?? '', cell, isLast(cell));
        return styled(text, cell.column.style?.(row) ?? null);
      }),
    ),
  ].map((line) => line.join(GAP));
  return lines.map((line) => (width === null ? line : cliTruncate(line, width))).join('\n');
}

interface Cell<Row> {
  readonly column: Column<Row>;
  readonly texts: readonly string[];
  readonly width: number;
}

/** Leaves out columns until the remaining ones fit, and narrows the flexible ones. */
function fitted<Row>(cells: readonly Cell<Row>[], width: number, droppable: readonly string[]): Cell<Row>[] {
  const [next, ...others] = droppable;
  const minWidths = cells.map((cell) =>
    cell.column.flexible ? Math.min(cell.width, MIN_WIDTH) : cell.width,
  );
  const room = width - total(minWidths);
  if (room < 0 && next !== undefined) {
    return fitted(
      cells.filter(({ column }) => column.name !== next),
      width,
      others,
    );
  }
  let spare = Math.max(0, room);
  return cells.map((cell, index) => {
    const min = minWidths[index] ?? cell.width;
    const extra = Math.min(spare, cell.width - min);
    spare -= extra;
    return { ...cell, width: min + extra };
  });
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1);
}

function padded<Row>(text: string, { column, width }: Cell<Row>, isLast: boolean): string {
  const cut = cliTruncate(text, width);
  const padding = ' '.repeat(Math.max(0, width - stringWidth(cut)));
  if (column.align === 'right') return padding + cut;
  return isLast ? cut : cut + padding;
}

function styled(text: string, style: Style | null): string {
  return style === null ? text : styleText(style, text);
}

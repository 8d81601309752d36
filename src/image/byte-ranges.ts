/** A range of bytes from `start` up to, but not including, `end`. */
export type ByteRange = readonly [start: number, end: number];

/** Adds a range to sorted, disjoint ranges. Ranges that overlap or touch become one. */
export function addRange(ranges: readonly ByteRange[], added: ByteRange): readonly ByteRange[] {
  let [start, end] = added;
  if (end <= start) return ranges;
  const before: ByteRange[] = [];
  const after: ByteRange[] = [];
  for (const range of ranges) {
    if (range[1] < start) before.push(range);
    else if (range[0] > end) after.push(range);
    else {
      start = Math.min(start, range[0]);
      end = Math.max(end, range[1]);
    }
  }
  return [...before, [start, end], ...after];
}

/** Returns the sorted, disjoint ranges that cover the same bytes. Takes n log n steps for n ranges. */
export function mergeRanges(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const merged: ByteRange[] = [];
  for (const range of ranges.toSorted(([a], [b]) => a - b)) {
    const [start, end] = range;
    const last = merged.at(-1);
    if (end <= start) continue;
    if (last === undefined || last[1] < start) merged.push(range);
    else merged[merged.length - 1] = [last[0], Math.max(last[1], end)];
  }
  return merged;
}

/** Returns the number of bytes that sorted, disjoint ranges cover. */
export function coveredBytes(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Returns the offset of the first missing byte: everything below it is covered. */
export function watermark(ranges: readonly ByteRange[]): number {
  const first = ranges[0];
  return first?.[0] === 0 ? first[1] : 0;
}

/** Returns the ranges between 0 and `size` that sorted, disjoint ranges do not cover. */
export function gaps(ranges: readonly ByteRange[], size: number): readonly ByteRange[] {
  const missing: ByteRange[] = [];
  let at = 0;
  for (const [start, end] of ranges) {
    if (start > at) missing.push([at, start]);
    at = end;
  }
  if (at < size) missing.push([at, size]);
  return missing;
}

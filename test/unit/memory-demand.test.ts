import { expect, test } from 'vitest';
import type { ImageSink } from '../../src/stores/index.ts';
import { chunksOf, memoryDemand } from '../../src/transfer/memory-demand.ts';
import { testLinks } from '../support/link.ts';

const MIB = 1024 * 1024;
const NONE = async () => {};

function ends(sink: Partial<ImageSink> & Pick<ImageSink, 'kind'>, size: number, endpoint?: string) {
  const lanes = endpoint === undefined ? 4 : { min: 4, max: 64 };
  return {
    reader: { ...(endpoint !== undefined && { endpoint }), async *read() {}, close: NONE },
    sink: sink as ImageSink,
    spool: null,
    size: size * MIB,
    link: testLinks({ lanes }).open({ from: endpoint, to: endpoint, regions: [] }),
  };
}

test.each([
  ['four lanes: a block each to read, and one to put or hash', 8, 1000, undefined, 64, 16],
  ['many lanes: no more than a copy may have', 8, 1000, 'far', 256, 16],
  ['a small image: as many as it has', 8, 20, 'far', 24, 16],
  ['an image of one block', 8, 1, 'far', 16, 8],
  ['an image of no bytes', 8, 0, 'far', 16, 8],
  ['large blocks: two of them', 525, 5 * 1024 * 1024, 'far', 1050, 1050],
])(
  'a copy by blocks has the right demand for memory with %s',
  (_what, block, size, endpoint, wanted, least) => {
    const demand = memoryDemand(ends({ kind: 'blocks', blockSize: block * MIB }, size, endpoint));
    expect(demand).toEqual({ wanted: wanted * MIB, least: least * MIB });
  },
);

test('a copy to a server that is known to be far away can use twice as much memory', () => {
  const far = ends({ kind: 'blocks', blockSize: 8 * MIB }, 1000, 'far');
  far.link.to.heard(100);
  expect(memoryDemand(far).wanted).toBe(512 * MIB);
  far.link.to.heard(1);
  expect(memoryDemand(far).wanted).toBe(256 * MIB);
});

test('a copy from a file to a file takes little memory; a copy from far away takes more', () => {
  const near = ends({ kind: 'parts' }, 1000);
  expect(memoryDemand({ ...near, reader: { ...near.reader, partSize: MIB } }).wanted).toBe(11 * MIB);
  expect(memoryDemand(ends({ kind: 'parts' }, 1000, 'far')).wanted).toBe(131 * MIB);
});

test('lanes use at most half of the memory; the other half is for chunks that wait for the digest', () => {
  const far = ends({ kind: 'parts' }, 1000, 'far');
  expect(chunksOf(far, 128 * MIB)).toEqual({ mostParts: 62, kept: 63 });
  expect(chunksOf(far, 16 * MIB)).toEqual({ mostParts: 6, kept: 7 });
});

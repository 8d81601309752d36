import {
  type LinkLimits,
  type Links,
  memoryDemand,
  openLinks,
  type TransferOptions,
} from '../../src/transfer/index.ts';

const GIB = 1024 ** 3;

/**
 * Returns links for copies to share. By default, each copy has four lanes, and all copies share a GiB of
 * memory without a limit of bandwidth.
 */
export function testLinks(limits: Partial<LinkLimits> = {}): Links {
  return openLinks({ lanes: 4, memory: GIB, rates: () => [], ...limits });
}

/**
 * Returns a link for one copy alone, with `lanes` lanes at each end and all the memory that the copy wants.
 */
export function ownLink(
  ends: Pick<TransferOptions, 'reader' | 'sink' | 'spool' | 'size'>,
  lanes = 4,
): Pick<TransferOptions, 'link' | 'memory'> {
  const link = testLinks({ lanes }).open({ from: undefined, to: undefined, regions: [] });
  const { wanted } = memoryDemand({ ...ends, link });
  return { link, memory: { bytes: wanted, async close() {} } };
}

import type { Image } from './images.ts';
import { paragraphs } from './link-page.ts';
import type { LinkStack } from './link-stack.ts';

/**
 * Time from the start of a copy by which the worker should have found how many requests at a time the server
 * accepts; milliseconds. The table counts refusals before and after it.
 */
const SETTLE_TIME = 10_000;

/**
 * Copies from and to a server that refuses more than 8 requests at a time. Returns a section of the results.
 * @param local the image on the disk
 * @param far the same image in the bucket
 */
export async function whereAServerRefuses(stack: LinkStack, local: Image, far: Image): Promise<string> {
  const rows = [
    await row(stack, 'from the server to a directory', () => stack.job(far.id, 'refusing', 'disk')),
    await row(stack, 'from a directory to the server', () => stack.job(local.id, 'disk', 'refusing')),
  ];
  return paragraphs(
    'A server that refuses more than 8 requests at a time',
    `${far.size / 1024 / 1024} MiB. Each connection carries 5 MB/s here, so 8 of them carry 40 MB/s together. The server
refuses with 503 and \`SlowDown\`, after 100 ms, and does not say when to come again.`,
    '',
    '| | time | MB/s | refused in the first 10 s | refused after that |',
    '|---|---|---|---|---|',
    ...rows.map((cells) => cells(far.size / 1e6)),
  );
}

async function row({ refusing }: LinkStack, name: string, job: () => Promise<number>) {
  refusing.reset();
  const time = await job();
  const counts = [refusing.counted(0, SETTLE_TIME), refusing.counted(SETTLE_TIME)];
  const cells = counts.map(({ requests, refused }) => {
    const share = ((100 * refused) / Math.max(1, requests)).toFixed(1);
    return `${refused} of ${requests} (${share} %)`;
  });
  return (megabytes: number) =>
    `| ${name} | ${(time / 1000).toFixed(1)} s | ${((1000 * megabytes) / time).toFixed(1)} | ${cells.join(' | ')} |`;
}

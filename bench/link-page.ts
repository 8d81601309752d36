import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, table } from './report.ts';

const FILE = join(import.meta.dirname, 'RESULTS-LINK.md');

/** Returns a section with a table of times in milliseconds, and prints it. */
export function section(title: string, about: string, times: Record<string, readonly number[]>): string {
  return paragraphs(title, ...(about === '' ? [] : [about, '']), ...table(times));
}

/** Returns a section of these lines, and prints it. */
export function paragraphs(title: string, ...lines: readonly string[]): string {
  const text = `## ${title}\n\n${lines.join('\n')}\n`;
  process.stdout.write(`${text}\n`);
  return text;
}

/**
 * Writes the page of results.
 * @param keepsOthers `true` if sections with other titles stay as they are
 */
export async function writePage(
  sections: readonly string[],
  { keepsOthers }: { readonly keepsOthers: boolean },
): Promise<void> {
  const before = keepsOthers ? (await readFile(FILE, 'utf8')).split(/^(?=## )/m).slice(1) : [];
  const titleOf = (text: string) => text.slice(0, text.indexOf('\n'));
  const all = new Map([...before, ...sections].map((text) => [titleOf(text), text.trimEnd()]));
  const head = [
    '# Results on a long link',
    '',
    ...(await machine('npm run bench:link')),
    'Between the worker and the S3 server (versitygw) there are 50 ms each way, and each connection carries',
    '10 MB/s (toxiproxy). All of them run on the same cores. The worker has no configuration of lanes. Programs',
    'take turns; where a program has several rounds, the time is the median. A job also computes the sha512 of',
    'its copy, and syncs the copy to the disk. curl runs only once. Before the rounds, rclone was tried with 4, 8,',
    '16, 32 and 64 streams, with one chunk for each stream. The fastest of these takes part.',
  ];
  await writeFile(FILE, `${[head.join('\n'), ...all.values()].join('\n\n')}\n`);
}

/**
 * Returns an image id that only one job uses. The first image of a job has the id of the job's first run. The
 * id of each later image is the first image's id plus the number of images that were replaced so far. A run
 * that a reset has made uses the same ids.
 */
export function imageIdOf(firstRunId: string, replaced: number): string {
  if (replaced === 0) return firstRunId;
  const head = firstRunId.slice(0, -12);
  const tail = (Number.parseInt(firstRunId.slice(-12), 16) + replaced) % 16 ** 12;
  return head + tail.toString(16).padStart(12, '0');
}

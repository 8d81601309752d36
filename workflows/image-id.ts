/**
 * Returns an image id that belongs to one job alone. The first image of a job has the id of the job's first
 * run. Each image that takes the place of a spoilt one has that id, counted up by one. A run that a reset has
 * made gets the same ids.
 */
export function imageIdOf(firstRunId: string, spoilt: number): string {
  if (spoilt === 0) return firstRunId;
  const head = firstRunId.slice(0, -12);
  const tail = (Number.parseInt(firstRunId.slice(-12), 16) + spoilt) % 16 ** 12;
  return head + tail.toString(16).padStart(12, '0');
}

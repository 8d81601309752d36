/**
 * An image id that belongs to one job alone: the id of its first run for the first image that it makes, and one counted
 * up for each that takes the place of a spoilt one. A run that a reset has made finds the same ids again.
 */
export function imageIdOf(firstRunId: string, spoilt: number): string {
  if (spoilt === 0) return firstRunId;
  const head = firstRunId.slice(0, -12);
  const tail = (Number.parseInt(firstRunId.slice(-12), 16) + spoilt) % 16 ** 12;
  return head + tail.toString(16).padStart(12, '0');
}

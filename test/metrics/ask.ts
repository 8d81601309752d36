/** Returns the answer of a process at its metrics address. */
export async function ask(port: number, path: string): Promise<{ status: number; body: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: answer.status, body: await answer.text() };
}

/**
 * Returns the value of a metric with these labels, in the order in which they are written, or `NaN` if there
 * is none.
 */
export function valueIn(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1));
}

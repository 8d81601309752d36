import { readFile } from 'node:fs/promises';

/** Linux counts CPU time in hundredths of a second (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

/** Returns the CPU seconds that a process has used, user and system together. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Runs some work, and adds the CPU seconds that a process has used meanwhile to `used`. */
export async function countingCpu<T>(pid: number, used: number[], work: () => Promise<T>): Promise<T> {
  const before = await cpuSeconds(pid);
  const result = await work();
  used.push((await cpuSeconds(pid)) - before);
  return result;
}

/** Returns the peak memory of a process; MiB. */
export async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

import { execFileSync } from 'node:child_process';

/** Addresses that no network uses (RFC 2544). */
const OUTSIDE = '198.18.0.1';
const INSIDE = '198.18.0.2';
/** How long a packet may wait in the line's queue. A packet that would have to wait longer is dropped. */
const QUEUE = '50ms';
const BURST = '64kb';

/**
 * A line that all connections to a network namespace share: a pair of virtual Ethernet devices, whose two
 * ends send no more than a rate (tc-tbf(8)). The rate applies to each direction separately.
 */
export interface SharedLine {
  /** The address inside the namespace, and the program that runs another one there. */
  readonly inside: { readonly host: string; readonly wrap: readonly string[] };
  /** Changes how many bytes a second the line carries, including the headers of packets. */
  become(rate: number): void;
  /** Removes the namespace and its devices, if they are still there. */
  remove(): void;
}

/**
 * Opens a line. It is removed when the process ends, if not before.
 * @param rate bytes a second
 * @throws if the process may not make namespaces
 */
export function openSharedLine(rate: number): SharedLine {
  const name = `bench-line-${process.pid}`;
  const [outer, inner] = [`bl${process.pid}`, `bi${process.pid}`];
  const inNamespace = ['ip', 'netns', 'exec', name];
  let isThere = false;
  const remove = () => {
    if (isThere) run('ip', 'netns', 'delete', name);
    isThere = false;
  };
  const become = (now: number) => {
    const tbf = ['root', 'tbf', 'rate', `${now * 8}bit`, 'burst', BURST, 'latency', QUEUE];
    run('tc', 'qdisc', 'replace', 'dev', outer, ...tbf);
    run(...inNamespace, 'tc', 'qdisc', 'replace', 'dev', inner, ...tbf);
  };
  run('ip', 'netns', 'add', name);
  isThere = true;
  process.once('exit', remove);
  try {
    run('ip', 'link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name);
    run('ip', 'address', 'add', `${OUTSIDE}/30`, 'dev', outer);
    run('ip', 'link', 'set', outer, 'up');
    run('ip', '-n', name, 'address', 'add', `${INSIDE}/30`, 'dev', inner);
    run('ip', '-n', name, 'link', 'set', inner, 'up');
    become(rate);
  } catch (error) {
    remove();
    throw error;
  }
  return { inside: { host: INSIDE, wrap: inNamespace }, become, remove };
}

function run(...[program = '', ...args]: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
}

import { mkdtempSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';

/** A rule for calls to the file system in one process. */
export interface FileRule {
  readonly name: string;
  /** The names of functions of `node:fs/promises` or of its file handles. */
  readonly calls: readonly string[];
  /** A regular expression that the call's paths MUST match. */
  readonly path: string;
  /** The least number of bytes in the call's buffer. */
  readonly least?: number;
  /** The number of calls that pass before the rule acts. */
  readonly after?: number;
  /** The number of calls that the rule takes at the most, with those that pass before it acts. */
  readonly until?: number;
  readonly act: 'hold' | 'delay' | 'fail' | 'flip' | 'count';
  readonly ms?: number;
  readonly code?: string;
}

export interface Rules {
  readonly files: readonly FileRule[];
  /** How far the clock is ahead; milliseconds. */
  readonly clock: number;
}

/** Tells about the calls that a rule has taken. */
export interface Met {
  /** Returns the number of calls so far. */
  hits(): number;
  /** Waits for the first call, or for so many. */
  reached(times?: number): Promise<void>;
  /** Lets the calls go on that are held. */
  release(): void;
  /** Ends the rule for all later calls. */
  remove(): void;
}

/** A folder that tells a process which of its calls are to go wrong. */
export interface Control {
  readonly folder: string;
  add(rule: Omit<FileRule, 'name'>): Met;
  setClock(ahead: number): void;
}

let made = 0;

/** Makes such a folder within another folder, with which it is removed. */
export function openControl(within: string): Control {
  const folder = mkdtempSync(join(within, 'control-'));
  let rules: Rules = { files: [], clock: 0 };
  const write = (next: Rules) => {
    rules = next;
    writeFileSync(join(folder, 'rules.tmp'), JSON.stringify(rules));
    renameSync(join(folder, 'rules.tmp'), join(folder, 'rules.json'));
  };
  write(rules);
  return {
    folder,
    setClock: (clock) => write({ ...rules, clock }),
    add(rule) {
      const name = `rule-${made++}`;
      write({ ...rules, files: [{ name, ...rule }, ...rules.files] });
      const hits = () => statSync(join(folder, `${name}.hits`), { throwIfNoEntry: false })?.size ?? 0;
      return {
        hits,
        reached: async (times = 1) => {
          await until(() => hits() >= times, 30_000);
        },
        release: () => writeFileSync(join(folder, `${name}.released`), ''),
        remove: () => write({ ...rules, files: rules.files.filter((each) => each.name !== name) }),
      };
    },
  };
}

import { mkdtempSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import type { Caught } from './caught.ts';

/** A rule for the file system calls of one process. */
export interface FileRule {
  readonly name: string;
  /** The names of functions of `node:fs/promises` or of its file handles. */
  readonly calls: readonly string[];
  /** A regular expression that the paths of the call have to match. */
  readonly path: string;
  /** The smallest number of bytes in the buffer of the call. */
  readonly least?: number;
  /** The number of calls that pass before the rule acts. */
  readonly after?: number;
  /**
   * The number of the last call to which the rule applies. The calls that pass before the rule acts count
   * too.
   */
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

/** A folder whose files tell a process which of its calls have to go wrong. */
export interface Control {
  readonly folder: string;
  add(rule: Omit<FileRule, 'name'>): Caught;
  setClock(ahead: number): void;
}

let made = 0;

/** Makes a folder for rules within another folder. It is removed together with the other folder. */
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

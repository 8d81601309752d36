/**
 * This module is loaded into a process with `--import`. It holds, delays, refuses or changes single file
 * system calls, and shifts the clock, as the files of the folder CHAOS_CONTROL say. Everything else about the
 * process is real.
 */
import { appendFileSync, existsSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import promises, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRule, Rules } from './control.ts';

const FOLDER = process.env.CHAOS_CONTROL ?? '';
const FILE = join(FOLDER, 'rules.json');
const RealDate = Date;

let rules: Rules = { files: [], clock: 0 };
let read = '';
const hits = new Map<string, number>();

function currentRules(): Rules {
  // The modification time alone does not show every change, because it advances only every few milliseconds.
  const file = statSync(FILE, { throwIfNoEntry: false });
  const version = file === undefined ? '' : `${file.ino} ${file.size} ${file.mtimeMs}`;
  if (version !== read) {
    read = version;
    rules = JSON.parse(readFileSync(FILE, 'utf8')) as Rules;
  }
  return rules;
}

/** Returns the rule for a call, and counts the call. */
function ruleFor(call: string, path: () => string, bytes = 0): FileRule | undefined {
  const { files } = currentRules();
  const rule = files.find(
    (each) =>
      each.calls.includes(call) &&
      bytes >= (each.least ?? 0) &&
      (hits.get(each.name) ?? 0) < (each.until ?? Number.POSITIVE_INFINITY) &&
      new RegExp(each.path).test(path()),
  );
  if (rule === undefined) return undefined;
  const count = (hits.get(rule.name) ?? 0) + 1;
  hits.set(rule.name, count);
  appendFileSync(join(FOLDER, `${rule.name}.hits`), '.');
  return count > (rule.after ?? 0) ? rule : undefined;
}

/** Does what a rule asks for before the call. */
async function before(rule: FileRule | undefined): Promise<void> {
  if (rule?.act === 'delay') await sleep(rule.ms ?? 0);
  if (rule?.act === 'hold') while (!existsSync(join(FOLDER, `${rule.name}.released`))) await sleep(20);
  if (rule?.act === 'fail') throw Object.assign(new Error(`${rule.code}: chaos`), { code: rule.code });
}

type Call = (...args: unknown[]) => Promise<unknown>;

function patch(target: Record<string, Call>, name: string, wrap: (call: Call) => Call): void {
  const original = target[name];
  if (original !== undefined) target[name] = wrap(original);
}

const pathOf = (handle: { fd: number }) => {
  try {
    return readlinkSync(`/proc/self/fd/${handle.fd}`);
  } catch {
    return '';
  }
};

const modules = promises as unknown as Record<string, Call>;
for (const name of ['rename', 'rm', 'unlink', 'rmdir', 'mkdir', 'writeFile', 'open', 'link']) {
  patch(modules, name, (call) => async (...args) => {
    // A path through a descriptor is replaced by the path of the descriptor's file.
    const path = () => args.slice(0, 2).map(resolved).join(' ');
    await before(ruleFor(name, path));
    return call(...args);
  });
}
syncBuiltinESMExports();

function resolved(path: unknown): string {
  const text = String(path);
  const [, descriptor, rest] = /^(\/proc\/self\/fd\/\d+)(.*)$/.exec(text) ?? [];
  if (descriptor === undefined) return text;
  try {
    return `${readlinkSync(descriptor)}${rest}`;
  } catch {
    return text;
  }
}

const file = await open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(file) as Record<string, Call>;
await file.close();
for (const name of ['read', 'write', 'datasync', 'sync']) {
  patch(
    prototype,
    name,
    (call) =>
      async function (this: { fd: number }, ...args) {
        const data = args[0] instanceof Uint8Array ? args[0] : undefined;
        const rule = ruleFor(name, () => pathOf(this), data?.length);
        await before(rule);
        if (name === 'write' && data !== undefined && rule?.act === 'flip')
          return call.apply(this, [flipped(data), ...args.slice(1)]);
        const result = await call.apply(this, args);
        if (name === 'read' && data !== undefined && rule?.act === 'flip') flip(data);
        return result;
      },
  );
}

function flip(data: Uint8Array): void {
  const at = Math.floor(data.length / 3);
  data[at] = (data[at] ?? 0) ^ 1;
}

function flipped(data: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(data);
  flip(copy);
  return copy;
}

const shift = () => currentRules().clock;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, self) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + shift()] : args, self),
  get: (target, key) => (key === 'now' ? () => target.now() + shift() : Reflect.get(target, key)),
});

import { Option } from 'commander';
import { Document, isScalar, visit } from 'yaml';
import { harmless, harmlessJson } from '../text/index.ts';
import type { GlobalOptions } from './context.ts';

const FORMATS = ['table', 'json', 'yaml', 'name'] as const;
type Format = (typeof FORMATS)[number];

/** The options of a command that prints a list. */
export interface ListingOptions extends GlobalOptions {
  readonly output?: Format;
}

/** Returns the option `-o`. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how to print it (default: table, or json with --json)').choices(
    FORMATS,
  );
}

/** A list in the forms that the output formats need. */
interface Listing {
  readonly value: unknown;
  readonly names: readonly string[];
  table(): string;
}

/** Prints a list in the format that was asked for. */
export function printListing({ json, output }: ListingOptions, { value, names, table }: Listing): void {
  const format = output ?? (json ? 'json' : 'table');
  if (format === 'name') process.stdout.write(names.map((name) => `${harmless(name)}\n`).join(''));
  else if (format === 'json') process.stdout.write(`${harmlessJson(JSON.stringify(value))}\n`);
  else if (format === 'yaml') process.stdout.write(yamlText(value));
  else process.stdout.write(`${table()}\n`);
}

/**
 * Tells whether errors are to be printed as JSON. It searches the raw arguments, because wrong arguments
 * cannot be parsed.
 */
export function wantsJson(args: readonly string[]): boolean {
  const [options = ''] = args.join('\n').split('\n--\n');
  return /^(--json|-ojson|--output=json|(-o|--output)\njson)$/m.test(options);
}

/**
 * Returns a value as YAML that is safe to print on a terminal. Unsafe texts are put in double quotes, in
 * which YAML allows JSON's escapes.
 */
function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && harmless(node.value) !== node.value)
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return harmlessJson(document.toString({ lineWidth: 0 }));
}

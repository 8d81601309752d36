import { harmless } from './harmless.ts';
import { ILL_FORMED, illFormedField } from './well-formed.ts';

/** The keywords of a JSON Schema that say what is expected. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  /** The pattern of a text, or of an object's keys, in words. Some editors show this non-standard keyword. */
  readonly patternErrorMessage?: string;
}

/** An error of typebox's `Value.Errors`. */
interface SchemaError {
  readonly keyword: string;
  /** A JSON Pointer (RFC 6901). */
  readonly instancePath: string;
  readonly params: object;
}

/** A problem of a value, for a reader who does not know JSON Schema. */
interface SchemaProblem {
  /** The key that is wrong, for example `limits.stall_after`; the empty text if it is the whole value. */
  readonly path: string;
  /** The problem in words: `has to be a duration such as 30s; got "30sec"`, or `is missing`. */
  readonly problem: string;
}

const MAX_SHOWN = 40;

/**
 * Turns the errors of a schema check into problems for people, one for each key. Also reports the first text
 * that is not well-formed Unicode, which no schema detects.
 * @param secret `true` if values MUST NOT be shown
 */
export function schemaProblems(
  schema: object,
  value: unknown,
  errors: readonly SchemaError[],
  { secret = false }: { readonly secret?: boolean } = {},
): readonly SchemaProblem[] {
  const found = new Map<string, SchemaProblem>();
  const unions = new Set(errors.filter(({ keyword }) => keyword === 'anyOf').map((one) => one.instancePath));
  for (const error of errors) {
    // typebox reports an unknown key twice.
    if (error.keyword === 'boolean') continue;
    // Each alternative of a union lacks the keys of the others. The union's own error names all alternatives.
    if (error.keyword !== 'anyOf' && unions.has(error.instancePath)) continue;
    for (const problem of problemsOf(schema, value, error, { secret })) {
      if (!found.has(problem.path)) found.set(problem.path, problem);
    }
  }
  const illFormed = illFormedField(value);
  if (illFormed !== undefined && !found.has(illFormed)) {
    found.set(illFormed, { path: harmless(illFormed), problem: ILL_FORMED });
  }
  return [...found.values()];
}

function problemsOf(
  schema: Schema,
  value: unknown,
  error: SchemaError,
  options: { readonly secret: boolean },
): SchemaProblem[] {
  const steps = stepsOf(error.instancePath);
  const part = steps.reduce<Schema>(schemaOf, schema);
  const { requiredProperties = [], additionalProperties = [] } = error.params as Record<string, string[]>;
  const path = (...more: string[]) => harmless([...steps, ...more].join('.'));
  if (error.keyword === 'required')
    return requiredProperties.map((key) => ({ path: path(key), problem: 'is missing' }));
  if (error.keyword === 'additionalProperties')
    return additionalProperties.map((key) => ({ path: path(key), problem: unknownKey(part) }));
  const given = steps.reduce<unknown>(member, value);
  return [{ path: path(), problem: wrongValue(error.keyword, part, given, options) }];
}

/**
 * Returns in words what is wrong with a value, for example `has to be true or false; got "yes"`.
 * @param keyword the keyword of the schema that the value violates
 * @param secret `true` if the value MUST NOT be shown
 */
export function wrongValue(
  keyword: string,
  schema: object,
  value: unknown,
  { secret = false }: { readonly secret?: boolean } = {},
): string {
  const wanted: Schema = schema;
  if (keyword === 'minProperties' || keyword === 'minItems') return 'at least one entry is needed';
  if (keyword === 'maxItems') return `at most ${wanted.maxItems} entries are allowed`;
  if (keyword === 'uniqueItems') return 'has the same entry twice';
  return `has to be ${expectation(wanted)}${secret ? '' : `; got ${shown(value)}`}`;
}

/** Returns in words what a schema expects, for example `a whole number from 1 to 64`. */
function expectation(wanted: Schema): string {
  if (wanted.patternErrorMessage !== undefined) return wanted.patternErrorMessage;
  if (wanted.pattern !== undefined && wanted.description !== undefined) return wanted.description;
  if (wanted.const !== undefined) return String(wanted.const);
  if (wanted.enum !== undefined) return `one of: ${wanted.enum.join(', ')}`;
  if (wanted.anyOf !== undefined) {
    if (wanted.anyOf.every((one) => one.const !== undefined))
      return `one of: ${wanted.anyOf.map((one) => one.const).join(', ')}`;
    return wanted.anyOf.map((one) => keysOf(one) ?? expectation(one)).join(', or ');
  }
  const describe = KINDS[wanted.type ?? ''];
  return describe === undefined ? 'another value' : describe(wanted);
}

/** Returns the keys of an object, such as `{min, max}`; `null` if the schema names none. */
function keysOf({ properties }: Schema): string | null {
  return properties === undefined ? null : `{${Object.keys(properties).join(', ')}}`;
}

const KINDS: Readonly<Record<string, (schema: Schema) => string>> = {
  integer: (schema) => `a whole number${range(schema)}`,
  number: (schema) => `a number${range(schema)}`,
  string: ({ minLength = 0, maxLength }) => {
    if (maxLength !== undefined && minLength === 0) return `a text of at most ${maxLength} characters`;
    if (maxLength !== undefined) return `a text of ${minLength} to ${maxLength} characters`;
    if (minLength > 1) return `a text of ${minLength} characters or more`;
    return minLength > 0 ? 'a text that is not empty' : 'a text';
  },
  boolean: () => 'true or false',
  array: () => 'a list',
  object: () => 'keys with values',
  null: () => 'null',
};

function range({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of ${minimum} or more`;
  return maximum === undefined ? '' : ` of ${maximum} or less`;
}

/** Returns in words that an object cannot have a key, and which keys it may have. */
export function unknownKey(schema: object): string {
  const { patternErrorMessage, properties = {} }: Schema = schema;
  if (patternErrorMessage !== undefined) return `has to be ${patternErrorMessage}`;
  const known = Object.keys(properties).join(', ');
  return known === '' ? 'is not known here' : `is not known here; use one of: ${known}`;
}

/** Returns the steps of a JSON Pointer. */
function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function schemaOf({ properties = {}, patternProperties = {}, items, anyOf }: Schema, step: string): Schema {
  if (Object.hasOwn(properties, step)) return properties[step] ?? {};
  const alternative = anyOf?.find((one) => Object.hasOwn(one.properties ?? {}, step));
  if (alternative !== undefined) return schemaOf(alternative, step);
  return Object.values(patternProperties)[0] ?? items ?? {};
}

function member(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string, unknown>)[step];
}

/**
 * Replaces everything below the first level by `…`. A deeply nested value could overflow the stack of
 * `JSON.stringify`.
 */
function shallow(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inner = (one: unknown) => (typeof one === 'object' && one !== null ? '…' : one);
  if (Array.isArray(value)) return value.map(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : harmless(JSON.stringify(shallow(value)));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text;
}

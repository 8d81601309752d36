import Type, { type Static } from 'typebox';
import { Sha256, sha256Of } from './sha256.ts';
import { trustedFile } from './trusted-file.ts';

/** Recognises operators by the bearer tokens of their requests. */
export interface Operators {
  /**
   * Returns the name of the operator whose token this is; `null` if it is not an operator's token.
   * @throws IdentityUnavailable
   */
  nameOf(token: string): Promise<string | null>;
  /** Throws IdentityUnavailable if operators cannot be recognised at the moment. */
  check(): Promise<void>;
}

const closed = { additionalProperties: false } as const;
/**
 * The schema of a file of operators' tokens. A file of tenants' tokens has other keys, so that neither file
 * can be used in place of the other.
 */
const OperatorsFile = Type.Object(
  { operators: Type.Array(Type.Object({ name: Type.String({ minLength: 1 }), sha256: Sha256 }, closed)) },
  closed,
);

/** Opens a YAML file of operators' tokens. A change to the file takes effect with the next request. */
export function operatorsFile(path: string): Operators {
  const names = trustedFile(path, OperatorsFile, namesOf);
  return {
    nameOf: async (token) => (await names()).get(sha256Of(token)) ?? null,
    check: async () => void (await names()),
  };
}

function namesOf({ operators }: Static<typeof OperatorsFile>): ReadonlyMap<string, string> {
  return new Map(operators.map(({ name, sha256 }) => [sha256, name]));
}

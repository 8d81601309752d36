import { bccDialect } from './bcc/index.ts';
import type { Dialect } from './dialect.ts';
import { drsDialect } from './drs/index.ts';
import { eclDialect } from './ecl/index.ts';
import { sfsTurboDialect } from './sfs-turbo/index.ts';

/** Every API that the facade speaks. */
export const dialects: readonly Dialect[] = [eclDialect, bccDialect, drsDialect, sfsTurboDialect];

import { writeLine } from './line-report.ts';
import { writeDelays } from './link-report.ts';

await writeDelays();
await writeLine();

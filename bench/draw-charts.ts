import { writeDelays } from './link-report.ts';

await writeDelays();

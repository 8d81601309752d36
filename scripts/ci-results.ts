/**
 * Counts the tests in a result file, which a test runner has written as JSON in Jest's format: `node
 * scripts/ci-results.ts FILE NAME`. Prints `<passed> <failed>` first, and then each failed test: a line with
 * NAME, its file and its own name, and the beginning of its message.
 */
import { readFileSync } from 'node:fs';

interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly TestResult[];
}

interface TestResult {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages?: readonly string[];
}

const [file = '', name = ''] = process.argv.slice(2);
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8')) as Results;
// A test file that cannot be loaded counts as one failure, although none of its tests has failed.
const broken = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
);
const failures = testResults.flatMap((result) =>
  result.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages = [] }) => failure(result, fullName, failureMessages.join('\n'))),
);
const lines = [
  ...failures,
  ...broken.map((result) => failure(result, 'cannot be run', result.message ?? '')),
];
console.log([`${numPassedTests} ${numFailedTests + broken.length}`, ...lines].join('\n'));

function failure({ name: path }: FileResult, test: string, message: string): string {
  return `${name}: ${path}: ${test}\n  ${message.split('\n').slice(0, 5).join('\n  ')}`;
}

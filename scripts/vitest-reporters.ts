type Reporters = ('default' | ['json', { readonly outputFile: string }])[];

/**
 * Returns the reporters for a suite. If TEST_RESULTS names a file, the results are written there as JSON too.
 */
export function reporters(): Reporters {
  const outputFile = process.env.TEST_RESULTS;
  return outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]];
}

type Reporters = ('default' | ['json', { readonly outputFile: string }])[];

/**
 * Returns the reporters of a test suite. If TEST_RESULTS names a file, they also write the results there, as
 * JSON.
 */
export function reporters(): Reporters {
  const outputFile = process.env.TEST_RESULTS;
  return outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]];
}

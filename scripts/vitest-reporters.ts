type Reporters = ('default' | ['json', { readonly outputFile: string }])[];

/** Returns the reporters of a suite. TEST_RESULTS names a file that gets the results as JSON too. */
export function reporters(): Reporters {
  const outputFile = process.env.TEST_RESULTS;
  return outputFile === undefined ? ['default'] : ['default', ['json', { outputFile }]];
}

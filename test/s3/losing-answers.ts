import { type Bucket, openBucket, type S3Options } from '../../src/stores/s3/bucket.ts';

/**
 * Opens a bucket whose client loses the first answer to a command with this name. The server carries the
 * command out, and the client sends it again.
 */
export function losingAnswers(options: S3Options, command: string): Bucket {
  const store = openBucket(options);
  store.client.middlewareStack.add(
    (next, { commandName }) => {
      let isLost = commandName === command;
      return async (args) => {
        const answer = await next(args);
        if (!isLost) return answer;
        isLost = false;
        throw Object.assign(new Error('the answer is lost'), { code: 'ECONNRESET' });
      };
    },
    { step: 'finalizeRequest', priority: 'low' },
  );
  return store;
}

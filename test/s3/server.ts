// Runs the S3 server of the tests on loopback until it is told to stop. Then removes everything that clients
// have stored.
import { ACCOUNT } from './support/s3-server.ts';
import { chosenServer } from './support/start-server.ts';

const PORT = 7070;

const server = await chosenServer().start({ port: PORT });
console.log(`${server.endpoint}, access key ${ACCOUNT.accessKeyId}, secret ${ACCOUNT.secretAccessKey}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void server.stop().then(() => process.exit()));
}

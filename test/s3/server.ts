// Runs the S3 server of the tests on loopback until it is told to stop, and then removes everything that it
// was given.
import { ACCOUNT, startGateway } from './support/gateway.ts';

const PORT = 7070;

const gateway = await startGateway({ port: PORT });
console.log(`${gateway.endpoint}, access key ${ACCOUNT.accessKeyId}, secret ${ACCOUNT.secretAccessKey}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void gateway.stop().then(() => process.exit()));
}

export { namesProxy, openAgent, proxyCredentials } from './agent.ts';
export { received } from './receive-buffers.ts';
export { waitFor } from './wait-for.ts';
export { withinTime } from './within-time.ts';

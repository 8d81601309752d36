/** A deployment full of secrets. Some of its servers quote what they were sent. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:tls';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { inject, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { startTlsFrontend } from '../packaging/support/tls-frontend.ts';
import { startGateway } from '../s3/support/gateway.ts';
import { type Deployment, deploy } from '../support/deployment.ts';
import { freePort } from '../support/free-port.ts';
import { type OtlpReceiver, receiveSpans, tracedTo } from '../support/otlp-receiver.ts';
import type { TestProcess } from '../support/process.ts';
import { type EchoingServer, startEchoingServer } from './echoing-server.ts';
import { EC2_KEY, type Keys, makeKeys, S3_ACCOUNT, SECRETS, writeSecrets } from './secrets.ts';

/** The hosts that are reached without the proxy. */
const HERE = '127.0.0.1,localhost';

/** The address of a facade, and an access key that it knows. */
export type Facade = Pick<Deployment, 'apiUrl' | 'key'>;

export interface CanaryRig {
  readonly deployment: Deployment;
  /** A facade that speaks only TLS, and whose Keystone quotes what it was sent. */
  readonly withKeystone: Facade;
  readonly server: EchoingServer;
  /** Receives the spans of all processes. */
  readonly collector: OtlpReceiver;
  /** The facades and the worker of the deployment. */
  readonly processes: readonly TestProcess[];
  /** The addresses of the processes' metrics. */
  readonly metrics: readonly string[];
  /** The folder of the files with secrets, and the folder of everything that the S3 server keeps. */
  readonly folders: { readonly secrets: string; readonly s3: string };
  /** One line of each private key. */
  readonly keys: Keys['secrets'];
  stop(): Promise<void>;
}

export async function startCanaryRig(): Promise<CanaryRig> {
  const secrets = await mkdtemp(join(tmpdir(), 'image-replicator-canaries-'));
  const server = await startEchoingServer({ token: SECRETS['token of OpenStack'], key: EC2_KEY });
  await writeSecrets(secrets, server.url);
  const keys = await makeKeys(secrets);
  const collector = await receiveSpans();
  const frontend = await startFrontend(keys);
  const usual = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: await readFile(keys.authority, 'utf8') } }));
  const gateway = await startGateway({ account: S3_ACCOUNT });
  await makeBucket(gateway.endpoint);
  const env = {
    TEMPORAL_API_KEY: SECRETS['API key of Temporal'],
    ...temporalFor(frontend, keys),
    AWS_SHARED_CREDENTIALS_FILE: join(secrets, 'credentials'),
    OS_CLIENT_CONFIG_FILE: join(secrets, 'clouds.yaml'),
    ...proxyFor(server.url),
    ...tracesFor(collector),
  };
  vi.stubEnv('OS_CLIENT_CONFIG_FILE', env.OS_CLIENT_CONFIG_FILE);
  const [port, other, keystonePort] = [await freePort(), await freePort(), await freePort()];
  const deployment = await deploy({
    regions: ['ot1', 'ot2', 'nas', 'slow'],
    api: { secret: SECRETS['api.secret'] },
    env,
    config: {
      regions: regions(gateway.endpoint, server.url),
      shares: { share: { region: 'nas', targets: { training: 'data' }, tenants: ['tenant-a'] } },
      encryption: { key: 'k1', keys: { k1: { file: join(secrets, 'k1') } } },
      metrics: { port },
      log: { level: 'debug' },
    },
  });
  const processes = await Promise.all([
    deployment.startApi(),
    startFacadeWithKeystone(deployment, server.url, keystonePort, keys),
    deployment.startWorker('--metrics-port', String(other)),
  ]);
  return {
    deployment,
    withKeystone: { apiUrl: `https://127.0.0.1:${keystonePort}`, key: EC2_KEY },
    server,
    collector,
    processes,
    metrics: [port, other].map((one) => `http://127.0.0.1:${one}/metrics`),
    folders: { secrets, s3: join(gateway.folder, '..') },
    keys: keys.secrets,
    async stop() {
      await deployment.stop();
      frontend.close();
      await getGlobalDispatcher().close();
      setGlobalDispatcher(usual);
      await Promise.all([server.stop(), gateway.stop(), collector.stop()]);
      await rm(secrets, { recursive: true, force: true });
      vi.unstubAllEnvs();
    },
  };
}

/** Starts a server in front of Temporal that refuses every client without a certificate of the authority. */
async function startFrontend({ temporal, authority }: Keys): Promise<Server> {
  const mutual = { ca: await readFile(authority), requestCert: true };
  return startTlsFrontend(temporal, inject('temporalAddress'), mutual);
}

/** Returns the environment variables for mutual TLS to Temporal. */
function temporalFor(frontend: Server, { authority, client }: Keys): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: `localhost:${(frontend.address() as AddressInfo).port}`,
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority,
    TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
    TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
  };
}

/** Returns the environment variables of a proxy with a password, for every host but this one. */
function proxyFor(url: string): Record<string, string> {
  const proxy = url.replace('//', `//copier:${SECRETS['password of a proxy']}@`);
  return { HTTP_PROXY: proxy, http_proxy: proxy, NO_PROXY: HERE, no_proxy: HERE };
}

/** Returns the environment variables of a collector with a password and a header. */
function tracesFor({ url }: OtlpReceiver): NodeJS.ProcessEnv {
  const locked = url.replace('//', `//copier:${SECRETS['password of a collector']}@`);
  return {
    ...tracedTo({ url: locked }),
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${SECRETS['header of a collector']}`,
  };
}

/** Returns regions that work, and regions whose server quotes what it was sent. */
function regions(s3Url: string, quotingUrl: string) {
  const directory = (path: string) => ({ store: { driver: 'directory', path } });
  const glance = (cloud: string) => ({ store: { driver: 'glance', cloud, region_name: 'one' } });
  const s3 = (endpoint: string, prefix: string) => {
    const bucket = { driver: 's3', bucket: 'canaries', path_style: true, profile: 'canary' };
    return { store: { ...bucket, endpoint, prefix } };
  };
  return {
    ot1: directory('ot1'),
    ot2: directory('ot2'),
    nas: directory('nas'),
    slow: { ...directory('slow'), bandwidth: '2MB/s' },
    bucket: s3(s3Url, 'images/'),
    data: s3(s3Url, 'data/'),
    'quoting-s3': s3(quotingUrl, 'images/'),
    'quoting-proxy': s3('http://elsewhere.example', 'images/'),
    'quoting-glance': glance('canary'),
    'quoting-keystone': glance('locked'),
  };
}

async function makeBucket(endpoint: string): Promise<void> {
  const client = new S3Client({
    region: 'us-east-1',
    endpoint,
    forcePathStyle: true,
    credentials: S3_ACCOUNT,
  });
  await client.send(new CreateBucketCommand({ Bucket: 'canaries' }));
  client.destroy();
}

async function startFacadeWithKeystone(
  deployment: Deployment,
  cloudUrl: string,
  port: number,
  { facade: tls }: Keys,
): Promise<TestProcess> {
  const path = join(deployment.folder, 'keystone.yaml');
  const config = parse(await readFile(deployment.env.IMAGE_REPLICATOR_CONFIG ?? '', 'utf8'));
  const { metrics: _, ...rest } = config;
  const identity = { driver: 'keystone', auth_url: `${cloudUrl}/v3`, cloud: 'canary' };
  await writeFile(path, stringify({ ...rest, api: { ...config.api, port, tls }, identity }));
  return deployment.startWith('serve', { env: { IMAGE_REPLICATOR_CONFIG: path } });
}

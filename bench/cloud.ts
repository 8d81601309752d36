import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CloudProcess, startCloud } from '../test/openstack/support/cloud-process.ts';
import { timed } from './statistics.ts';

/** A real cloud, with the ways in which a tenant could copy an image by hand. */
export interface BenchCloud extends CloudProcess {
  readonly project: string;
  /** Makes an image of random bytes in ot1. */
  addImage(bytes: number): Promise<string>;
  /** Returns the milliseconds of a download that is piped into an upload, both by curl. */
  curl(imageId: string, bytes: number): Promise<number>;
  /** Returns the milliseconds that the official client takes to save and create an image. */
  client(imageId: string): Promise<number>;
  /** Removes an image from ot2. */
  remove(imageId: string): Promise<void>;
}

const CREATE = `curl -sSf -o "$DIR/created" -H "X-Auth-Token: $TOKEN" -H 'Content-Type: application/json' \\
  "$URL/v2/images" -d "{\\"id\\": \\"$ID\\", \\"name\\": \\"bench\\", \\"disk_format\\": \\"raw\\", \\"container_format\\": \\"bare\\"}"`;
const PUT = `curl -sSf -T - -H "X-Auth-Token: $TOKEN" -H 'Content-Type: application/octet-stream' \\
  -H 'Transfer-Encoding:' -H "Content-Length: $SIZE" -H "x-openstack-image-size: $SIZE" "$URL/v2/images/$ID/file"`;

export async function startBenchCloud(): Promise<BenchCloud> {
  const cloud = await startCloud();
  const openstack = (region: string) =>
    `"${join(cloud.programs, 'openstack')}" --os-cloud alice --os-region-name ${region}`;
  const sh = async (script: string, env: Record<string, string> = {}) => {
    const clouds = { DIR: cloud.folder, OS_CLIENT_CONFIG_FILE: join(cloud.folder, 'clouds.yaml') };
    const options = { env: { ...process.env, ...clouds, ...env }, maxBuffer: 2 ** 24 };
    return (await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], options)).stdout.trim();
  };
  const issue = (column: string) => sh(`${openstack('ot1')} token issue -f value -c ${column}`);
  const endpoint = (region: string) => {
    const list = 'endpoint list --service image --interface public -f value -c URL --region';
    return sh(`"${join(cloud.programs, 'openstack')}" --os-cloud admin ${list} ${region}`);
  };
  const [TOKEN, project] = [await issue('id'), await issue('project_id')];
  const [source, destination] = [await endpoint('ot1'), await endpoint('ot2')];
  const remove = async (imageId: string) => {
    await sh('curl -sSf -X DELETE -H "X-Auth-Token: $TOKEN" "$URL/v2/images/$ID"', {
      TOKEN,
      URL: destination,
      ID: imageId,
    });
  };
  return {
    ...cloud,
    project,
    remove,
    async addImage(bytes) {
      const ID = randomUUID();
      await sh(`${CREATE}; head -c "$SIZE" /dev/urandom | ${PUT}`, {
        TOKEN,
        URL: source,
        ID,
        SIZE: String(bytes),
      });
      return ID;
    },
    async curl(imageId, bytes) {
      const env = { TOKEN, URL: destination, ID: randomUUID(), SIZE: String(bytes) };
      const get = `curl -sSf -H "X-Auth-Token: $TOKEN" ${source}/v2/images/${imageId}/file`;
      const time = await timed(() => sh(`${CREATE}; ${get} | ${PUT}`, env));
      await remove(env.ID);
      return time;
    },
    async client(imageId) {
      const file = '"$DIR/saved"';
      let id = '';
      const time = await timed(async () => {
        await sh(`${openstack('ot1')} image save --file ${file} ${imageId}`);
        const create = `image create --disk-format raw --file ${file} -f value -c id saved`;
        id = await sh(`${openstack('ot2')} ${create}; rm ${file}`);
      });
      await remove(id);
      return time;
    },
  };
}

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { cloudOf } from '../../openstack/support/cloud.ts';
import { type CloudProcess, startCloud } from '../../openstack/support/cloud-process.ts';
import { type HttpProxy, startHttpProxy } from '../proxy.ts';

/** The address of a region's Glance behind a proxy, as Keystone's catalog has it. */
export interface GlanceLine {
  readonly region: string;
  readonly proxy: HttpProxy;
}

/** A real Keystone and two real Glances. */
export interface GlanceCloud {
  readonly process: CloudProcess;
  /** Makes a project of which the product's account is a member. Returns its id and a token for it. */
  newProject(): Promise<{ readonly id: string; readonly token: string }>;
  /** Returns a free line. Trials use the lines one after another, so that the catalog stays small. */
  borrow(region: 'ot1' | 'ot2'): Promise<GlanceLine>;
  giveBack(line: GlanceLine): Promise<void>;
}

export async function startGlanceCloud(): Promise<GlanceCloud> {
  const started = await startCloud();
  process.env.OS_CLIENT_CONFIG_FILE = join(started.folder, 'clouds.yaml');
  const cloud = cloudOf(started);
  const idle = new Map<string, GlanceLine[]>();
  const lines: (GlanceLine & { readonly of: string })[] = [];
  return {
    process: started,
    async newProject() {
      const { id, name } = await cloud.newProject({ copier: 'member' });
      return { id, token: await cloud.tokenOf('copier', name) };
    },
    async borrow(of) {
      const found = idle.get(of)?.pop();
      if (found !== undefined) return found;
      const proxy = await startHttpProxy(started.imageUrl(of));
      const line = { of, proxy, region: `chaos-${randomUUID()}` };
      await cloud.addRegion(line.region, proxy.url);
      lines.push(line);
      return line;
    },
    async giveBack(line) {
      line.proxy.heal();
      await line.proxy.accept();
      const of = lines.find(({ region }) => region === line.region)?.of ?? '';
      idle.set(of, [...(idle.get(of) ?? []), line]);
    },
  };
}

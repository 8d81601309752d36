import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import type { Principal } from '../../identity/index.ts';
import type { JobService } from '../../job-service/index.ts';
import { answerTo } from './errors.ts';
import type { RemoteCopyBody, RemoteCopyRow } from './schemas.ts';

/** An image to copy, and the regions to copy it to. */
interface RemoteCopy extends Static<typeof RemoteCopyBody> {
  readonly imageId: string;
  readonly sourceRegion: string;
  readonly clientToken?: string;
}

/**
 * Starts a copy to each region, and returns a row for each region. If a start fails, its row has the error.
 * If all starts fail, for example because the image does not exist, throws the error of the first one.
 */
export async function startRemoteCopies(
  jobs: JobService,
  { tenant_id, credential }: Principal,
  { imageId, sourceRegion, name, destRegion, clientToken }: RemoteCopy,
  request: FastifyRequest,
): Promise<Static<typeof RemoteCopyRow>[]> {
  const options = {
    dialect: 'bcc',
    ...(clientToken !== undefined && { idempotency_key: clientToken }),
    ...(credential !== undefined && { credential }),
  };
  const starts = await Promise.allSettled(
    destRegion.map((region) => {
      const source = { region: sourceRegion, image_id: imageId, tenant_id };
      const destination = { region, tenant_id, ...(name !== undefined && { image_name: name }) };
      return jobs.start({ tenant_id }, { source, destination }, options);
    }),
  );
  const [first] = starts;
  if (first?.status === 'rejected' && starts.every(({ status }) => status === 'rejected')) throw first.reason;
  return starts.map((start, index) => {
    const region = destRegion[index] ?? '';
    if (start.status === 'fulfilled') return { region, imageId: start.value.job_id, errMsg: '', code: '' };
    const { code, message } = answerTo(start.reason, request);
    return { region, imageId: '', errMsg: message, code };
  });
}

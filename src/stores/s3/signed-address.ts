import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { escapeUriPath } from '@smithy/core/protocols';

/** The address of a bucket, and the signer of requests to it. */
export type SignedAddress = NonNullable<Awaited<ReturnType<typeof openAddress>>>;

/**
 * Returns a function that finds a bucket's address by the SDK's rules, and its signer. The function returns
 * `undefined` if requests are not signed by Signature Version 4. It remembers the address that it has found.
 */
export function addressOf(client: S3Client, bucket: string): () => Promise<SignedAddress | undefined> {
  let opened: ReturnType<typeof openAddress> | undefined;
  return () => {
    opened ??= openAddress(client, bucket).catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

async function openAddress({ config }: S3Client, bucket: string) {
  const { url, properties } = await getEndpointFromInstructions({ Bucket: bucket }, GetObjectCommand, {
    ...config,
  });
  const scheme = properties?.authSchemes?.[0];
  if (scheme?.name !== 'sigv4') return undefined;
  const { origin, host, pathname } = url;
  const folder = pathname.replace(/\/$/, '');
  const signer = await config.signer(scheme);
  return { origin, host, signer, pathOf: (key: string) => `${folder}/${escapeUriPath(key)}` };
}

import { GetObjectTaggingCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ObjectAttributes } from '../port.ts';
import type { Bucket } from './bucket.ts';

/** Header fields of an object, and their names in the SDK. */
const HEADERS = {
  'cache-control': 'CacheControl',
  'content-disposition': 'ContentDisposition',
  'content-encoding': 'ContentEncoding',
  'content-language': 'ContentLanguage',
  'content-type': 'ContentType',
} as const;
type Header = keyof typeof HEADERS;
/** Content types that a server gives an object for which nobody has set one. */
const DEFAULT_TYPES: ReadonlySet<string> = new Set(['binary/octet-stream', 'application/octet-stream']);
const METADATA = 'x-amz-meta-';
const TAGS = 'x-amz-tagging';
/** Matches the metadata of objects that this program has made, in this version or an earlier one. */
const OURS = /^x-amz-meta-image-replicator-/;
/** Matches header values for which every server computes the same signature. */
const SENDABLE = /^[\t\x20-\x7e]*$/;

/** The attributes of an object, and the number of its tags, as they stand in an answer. */
export interface ObjectDetails {
  readonly attributes: ObjectAttributes;
  readonly tags: number;
}

/** Reads an object's details from the header fields of an answer. */
export function detailsFrom(headers: Readonly<Record<string, string | string[] | undefined>>): ObjectDetails {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const isKept = name in HEADERS || (name.startsWith(METADATA) && !OURS.test(name));
    if (typeof value === 'string' && isKept) attributes[name] = value;
  }
  if (DEFAULT_TYPES.has(attributes['content-type'] ?? '')) delete attributes['content-type'];
  return { attributes, tags: Number(headers['x-amz-tagging-count'] ?? 0) };
}

/** Reads an object's details from an answer in the form that the SDK gives it. */
export function detailsFromSdk(
  output: Pick<HeadObjectCommandOutput, SdkField | 'Metadata' | 'TagCount'>,
): ObjectDetails {
  const fields = Object.entries(HEADERS).map(([name, field]) => [name, output[field]]);
  const metadata = Object.entries(output.Metadata ?? {}).map(([name, value]) => [
    `${METADATA}${name}`,
    value,
  ]);
  return { ...detailsFrom(Object.fromEntries([...fields, ...metadata])), tags: output.TagCount ?? 0 };
}
type SdkField = (typeof HEADERS)[Header];

/** Returns all attributes of an object. Asks for its tags if it has some. */
export async function withTags(
  { client, bucket: Bucket }: Bucket,
  Key: string,
  { attributes, tags }: ObjectDetails,
): Promise<ObjectAttributes> {
  if (tags === 0) return attributes;
  const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }));
  const pairs = TagSet.map(({ Key: name = '', Value = '' }) =>
    [name, Value].map(encodeURIComponent).join('='),
  );
  return { ...attributes, [TAGS]: pairs.join('&') };
}

/** Tells whether an object in a bucket can have an attribute. */
export function canHold([name, value]: readonly [name: string, value: string]): boolean {
  return SENDABLE.test(value) && (name in HEADERS || name === TAGS || name.startsWith(METADATA));
}

/** Returns the parameters of a request that give an object those attributes that it can have. */
export function parametersFor(attributes: ObjectAttributes) {
  const held = Object.entries(attributes).filter(canHold);
  const fields = held.flatMap(([name, value]) => (isHeader(name) ? [[HEADERS[name], value]] : []));
  const metadata = held.flatMap(([name, value]) =>
    name.startsWith(METADATA) ? [[name.slice(METADATA.length), value]] : [],
  );
  const { [TAGS]: tags } = attributes;
  return {
    ...(Object.fromEntries(fields) as Partial<Record<SdkField, string>>),
    Metadata: Object.fromEntries(metadata) as Record<string, string>,
    ...(tags !== undefined && { Tagging: tags }),
  };
}

function isHeader(name: string): name is Header {
  return name in HEADERS;
}

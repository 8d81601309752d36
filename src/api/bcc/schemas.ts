import Type from 'typebox';
import { EXAMPLE } from '../examples.ts';

export const ImageParams = Type.Object({
  version: Type.String({
    pattern: '^[0-9]{1,3}$',
    description: 'a version of one to three digits',
    examples: ['2'],
  }),
  imageId: Type.String({ examples: [EXAMPLE.image] }),
});

/** The query of a call. The action is a name without a value; only `clientToken` has a value. */
export const ActionQuerystring = Type.Object({
  remoteCopy: Type.Optional(Type.String({ examples: [''] })),
  cancelRemoteCopy: Type.Optional(Type.String()),
  clientToken: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
});

const Region = Type.String({ minLength: 1, maxLength: 255 });

/** Body of "Perform Cross-region Replication of the Custom Image". Like Baidu, ignores other keys. */
export const RemoteCopyBody = Type.Object(
  {
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    destRegion: Type.Array(Region, { minItems: 1, maxItems: 100, uniqueItems: true }),
  },
  { examples: [{ destRegion: ['ot2'], name: 'my-copy' }] },
);

/**
 * The result for one region. It always has all four keys. If the copy was started, `errMsg` and `code` are
 * empty; otherwise, `imageId` is empty.
 */
export const RemoteCopyRow = Type.Object({
  region: Type.String(),
  imageId: Type.String(),
  errMsg: Type.String(),
  code: Type.String(),
});

export const ActionAnswer = Type.Union([
  Type.Object({ result: Type.Array(RemoteCopyRow) }),
  Type.String({ description: 'of `cancelRemoteCopy`: empty' }),
]);

export const ImageDetail = Type.Object({
  image: Type.Object({
    id: Type.String(),
    name: Type.String(),
    type: Type.String(),
    status: Type.String(),
    desc: Type.String(),
    createTime: Type.String(),
  }),
});

export const ErrorBody = Type.Object({
  requestId: Type.String(),
  code: Type.String(),
  message: Type.String(),
});

/** Headers of every answer. */
export const RequestId = {
  'x-bce-request-id': { type: 'string', description: 'The id of the request, which its log lines have too.' },
};

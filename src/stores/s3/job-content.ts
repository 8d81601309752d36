import Type, { type Static } from 'typebox';
import Value from 'typebox/value';

const Content = Type.Object({
  mark: Type.String(),
  /** Id of the multipart upload that takes the data. */
  upload_id: Type.String(),
  /** Present if the server copies the parts of the upload. */
  by_server: Type.Optional(Type.Literal(true)),
  /** The number of the highest attempt that has taken the image. Lower ones can change nothing any more. */
  attempt: Type.Integer(),
  /** The number of the attempt that has reserved the image id. Workers of an earlier version noted none. */
  reserved: Type.Optional(Type.Integer()),
  /**
   * Present if the image is being removed: nobody may use it any more, and any attempt that is not lower may
   * finish the removal.
   */
  doomed: Type.Optional(Type.Literal(true)),
  /**
   * Names the call that removes the image. Another call that goes on with the removal puts its own name here.
   */
  removal: Type.Optional(Type.String()),
});

export type Content = Static<typeof Content>;

/**
 * The object `<image id>/job`, which says which job makes an image, and how far the job is. Every change of
 * it is a conditional write: if two attempts change it at once, one is refused. So it is the fence for
 * everything that belongs to the image.
 */
export interface JobObject extends Content {
  /** Version of the job object, for a conditional write. */
  readonly etag: string;
}

/** Parses a job object. If it is something else, the id counts as taken, but by no job. */
export function contentFrom(text: string): Content {
  try {
    return Value.Parse(Content, JSON.parse(text));
  } catch {
    return { mark: '', upload_id: '', attempt: 0 };
  }
}

import Type, { type Static } from 'typebox';
import Value from 'typebox/value';

const Content = Type.Object({
  mark: Type.String(),
  /** Id of the upload that takes the data, or of the one by which a plain object comes to its key. */
  upload_id: Type.String(),
  /** Present if the server copies the parts of the upload. */
  by_server: Type.Optional(Type.Literal(true)),
  /** The number of the highest attempt that has taken the image. Lower attempts can change nothing. */
  attempt: Type.Integer(),
  /** The number of the attempt that has reserved the image id. Workers of an earlier version noted none. */
  reserved: Type.Optional(Type.Integer()),
  /** Present if the image is being removed: nobody may use it, and lower attempts may not remove it. */
  doomed: Type.Optional(Type.Literal(true)),
  /**
   * Names the call that removes the image. Another call that goes on with the removal puts its own name here.
   */
  removal: Type.Optional(Type.String()),
});

export type Content = Static<typeof Content>;

/**
 * The object `<image id>/job`. It says which job makes the image, and is the fence of everything that belongs
 * to the image. Every change of it is a conditional write. Of two changes at once, the server refuses one.
 */
export interface JobObject extends Content {
  /** Version of the job object, for a conditional write. */
  readonly etag: string;
}

/** Parses a job object. For any other text, returns a content with an empty mark, which no job has. */
export function contentFrom(text: string): Content {
  try {
    return Value.Parse(Content, JSON.parse(text));
  } catch {
    return { mark: '', upload_id: '', attempt: 0 };
  }
}

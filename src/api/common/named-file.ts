/** A file, or folder, that a report names as its user does. */
export type NamedFile = {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
};

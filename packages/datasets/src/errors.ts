/**
 * What goes wrong with data is mostly a file that is not what it should be. The message is one sentence for the user: what is
 * wrong, where, and what to do about it; whoever catches a DataError can print the message alone.
 */
export class DataError extends Error {
  override readonly name = 'DataError';
  /** The file or folder concerned, when there is one. */
  readonly path: string | undefined;

  constructor(message: string, path?: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/**
 * What a user sees who gets a shape wrong: one line of a program each, and the sentence that stands in the compiler's message. The test compiles
 * them all. `zeros` stands for any tensor of that shape.
 */
export interface TypeError_ {
  /** One statement that must not compile. */
  readonly code: string;
  /** The sentence; it is the innermost line of the message. */
  readonly sentence: string;
}

export const typeErrors: readonly TypeError_[] = [];

/** Whether a function is being traced: values must not be read then, and operands must not be forgotten. */
let depth = 0;

export const isTracing = (): boolean => depth > 0;

/** Runs `body` as a trace. Tracing is synchronous. */
export function traced<Result>(body: () => Result): Result {
  depth++;
  try {
    return body();
  } finally {
    depth--;
  }
}

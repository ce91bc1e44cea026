/**
 * Keeping up with a slider: work runs one piece at a time, and of what is asked for meanwhile only the newest is done. So the picture is
 * never behind by more than one piece of work, however fast the slider moves.
 */
export function latest<Input>(work: (input: Input) => Promise<void>): (input: Input) => Promise<void> {
  let running: Promise<void> | undefined;
  let waiting: { readonly input: Input } | undefined;
  const drain = async (input: Input): Promise<void> => {
    let next: { readonly input: Input } | undefined = { input };
    try {
      while (next) {
        const { input: now } = next;
        waiting = undefined;
        await work(now);
        next = waiting;
      }
    } finally {
      running = undefined;
    }
  };
  return (input) => {
    if (running) waiting = { input };
    else running = drain(input);
    return running;
  };
}

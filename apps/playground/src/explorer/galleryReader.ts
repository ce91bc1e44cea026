/** What a network says of all the images of the gallery: asked a few at a time, so that a slider never waits long. */
import type { Engine } from '../client.js';
import type { ImageSet } from '../data/sets.js';
import { identity, transformed } from '../pictures/transform.js';
import type { NetworkInfo } from '../protocol.js';
import { longestOf } from './reading.js';

/** Images a call: a slider that is moved meanwhile waits for one call at most. */
const chunk = 4;
/** While the hand was moving in the last milliseconds, the gallery waits. */
const quiet = 400;

let lastMove = 0;
for (const kind of ['input', 'pointermove', 'keydown'])
  addEventListener(kind, () => (lastMove = performance.now()), { capture: true, passive: true });

/** Until the hand rests. */
async function rest(): Promise<void> {
  for (let left = 1; left > 0;) {
    left = lastMove + quiet - performance.now();
    if (lastMove === 0) return;
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
  }
}

export class GalleryReader {
  private run = 0;
  private done = '';

  constructor(
    private readonly engine: Engine,
    private readonly mark: (answers: readonly number[]) => void,
  ) {}

  /** What was read is no longer true: the weights are others. */
  forget(): void {
    this.done = '';
  }

  /** Reads the set, unless this network has read it; a later call makes an earlier one give up. */
  async read(info: NetworkInfo, set: ImageSet): Promise<void> {
    const pair = `${info.name}/${set.name}`;
    if (pair === this.done) return;
    this.done = pair;
    const run = ++this.run;
    const [height, width] = info.input;
    const answers: number[] = [];
    this.mark([]);
    for (let from = 0; from < set.count; from += chunk) {
      const count = Math.min(chunk, set.count - from);
      const images = new Float32Array(count * height * width);
      for (let row = 0; row < count; row++)
        images.set(transformed(set.picture(from + row), identity, height, width), row * height * width);
      await rest();
      if (run !== this.run) return;
      try {
        const { lengths } = await this.engine.call('encode', { network: info.name, images, count });
        if (run !== this.run) return;
        const classes = info.classNames.length;
        for (let row = 0; row < count; row++)
          answers.push(longestOf(lengths.subarray(row * classes, (row + 1) * classes)));
      } catch {
        // Whoever asked for the picture itself shows the message; the gallery has no marks then.
        this.done = '';
        return;
      }
    }
    this.mark(answers);
  }
}

/** Sums over batches that become means over samples; plain numbers, so that an interrupted epoch goes on to the same bits. */
import type { Tensor } from '@capsnet/tensor';
import type { Metrics } from './step.js';

/** Numbers over many samples. */
export interface Scores {
  readonly loss: number;
  readonly margin: number;
  readonly reconstruction: number;
  readonly accuracy: number;
  readonly count: number;
}

/** What has been added up so far: losses times samples, right answers, samples. */
export interface Sums {
  readonly count: number;
  readonly loss: number;
  readonly margin: number;
  readonly reconstruction: number;
  readonly correct: number;
}

const none: Sums = { count: 0, loss: 0, margin: 0, reconstruction: 0, correct: 0 };

export class Totals {
  constructor(private current: Sums = none) {}

  get sums(): Sums {
    return this.current;
  }

  get count(): number {
    return this.current.count;
  }

  add(images: number, values: Omit<Sums, 'count'>): void {
    const { current } = this;
    this.current = {
      count: current.count + images,
      loss: current.loss + values.loss * images,
      margin: current.margin + values.margin * images,
      reconstruction: current.reconstruction + values.reconstruction * images,
      correct: current.correct + values.correct,
    };
  }

  scores(): Scores {
    const { count, loss, margin, reconstruction, correct } = this.current;
    return {
      loss: loss / count,
      margin: margin / count,
      reconstruction: reconstruction / count,
      accuracy: correct / count,
      count,
    };
  }
}

/** The numbers of a batch, out of the engine. */
export async function readMetrics(metrics: Metrics): Promise<Omit<Sums, 'count'>> {
  const item = (tensor: Tensor): Promise<number> => tensor.item();
  const [loss, margin, reconstruction, correct] = await Promise.all([
    item(metrics.loss),
    item(metrics.margin),
    item(metrics.reconstruction),
    item(metrics.correct),
  ]);
  return { loss, margin, reconstruction, correct };
}

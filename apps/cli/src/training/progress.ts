/**
 * How far a training is: what a step tells, turned into the rate and the time left of the whole run.
 */
import type { Progress } from '../output/progress.js';

export interface TrainingTask {
  readonly epochs: number;
  readonly trainImages: number;
  /** Images that choose the best epoch, after each. */
  readonly testImages: number;
  /** Images of the test at the end; 0 when there is none of its own. */
  readonly finalImages?: number;
}

export interface TrainingProgress {
  /** An epoch (from 1) begins, or goes on after some of its images. */
  startEpoch(epoch: number, imagesDone?: number): void;
  step(imagesDone: number, loss: number, accuracy: number): void;
  test(imagesDone: number, right: number): void;
  finalTest(imagesDone: number, right: number): void;
  clear(): void;
}

/** Steps at the start of a process are slow (compilation, cold caches): the rate forgets them at this pace. */
const memory = 0.95;

export function trainingProgress(
  progress: Progress,
  { epochs, trainImages, testImages, finalImages = 0 }: TrainingTask,
  now: () => number = () => performance.now() / 1000,
): TrainingProgress {
  let epoch = 1;
  let last = { images: 0, at: now() };
  /** Seconds an image, smoothed. */
  let trainPace: number | undefined;
  let testPace: number | undefined;

  const measure = (pace: number | undefined, images: number): number | undefined => {
    const at = now();
    const fresh = images - last.images;
    if (fresh <= 0) return pace;
    const current = (at - last.at) / fresh;
    last = { images, at };
    return pace === undefined ? current : memory * pace + (1 - memory) * current;
  };
  const secondsLeft = (trainLeft: number, testLeft: number, finalLeft = finalImages): number => {
    const later = epochs - epoch;
    // Until the first test, a test image is taken for a third of a training image.
    const test = testPace ?? (trainPace ?? 0) / 3;
    const tests = testLeft + later * testImages + finalLeft;
    return (trainLeft + later * trainImages) * (trainPace ?? 0) + tests * test;
  };
  return {
    startEpoch(number, imagesDone = 0) {
      epoch = number;
      last = { images: imagesDone, at: now() };
    },
    step(done, loss, accuracy) {
      trainPace = measure(trainPace, done);
      progress.report({
        label: `epoch ${epoch}/${epochs}`,
        done,
        total: trainImages,
        imagesPerSecond: trainPace === undefined ? 0 : 1 / trainPace,
        secondsLeft: secondsLeft(trainImages - done, testImages),
        loss,
        accuracy,
      });
      if (done >= trainImages) last = { images: 0, at: now() };
    },
    test(done, right) {
      testPace = measure(testPace, done);
      progress.report({
        label: `test ${epoch}/${epochs}`,
        done,
        total: testImages,
        imagesPerSecond: testPace === undefined ? 0 : 1 / testPace,
        secondsLeft: secondsLeft(0, testImages - done),
        accuracy: right / done,
      });
    },
    finalTest(done, right) {
      if (done <= last.images) last = { images: 0, at: now() };
      testPace = measure(testPace, done);
      progress.report({
        label: 'test',
        done,
        total: finalImages,
        imagesPerSecond: testPace === undefined ? 0 : 1 / testPace,
        secondsLeft: (finalImages - done) * (testPace ?? 0),
        accuracy: right / done,
      });
    },
    clear: () => progress.clear(),
  };
}

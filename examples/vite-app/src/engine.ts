// The worker: everything that computes.
import { train, type Report } from './train';

const tell = (report: Report): void => self.postMessage(report);

train(20, tell).then(
  () => tell({ kind: 'done' }),
  (error: unknown) =>
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
);

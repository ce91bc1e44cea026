import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.js';
import { bestEpoch, readRun, runFolders, secondsOf } from '../runs/read-run.js';
import { differing, distinctNames } from './differences.js';
import { comparisonPage } from './report.js';

const folder = mkdtempSync(join(tmpdir(), 'capsnet-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, settings: object, accuracies: readonly number[], ended = false): string {
  const directory = join(folder, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ ...settings, run: { any: 'thing' } }));
  const lines = accuracies.map((valAccuracy, index) => ({
    ...{ event: 'epoch', epoch: index + 1, loss: 0.5, accuracy: 0.5, valLoss: 0.25, valAccuracy },
    ...{ valOn: 'validation', seconds: 10, valSeconds: 2, learningRate: 0.001 },
  }));
  writeFileSync(join(directory, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (ended) {
    const test = { accuracy: 0.8765, error: 0.1235, loss: 1, count: 10, misclassified: 1 };
    writeFileSync(join(directory, 'result.json'), JSON.stringify({ complete: true, test }));
  }
  return directory;
}

describe('compare', () => {
  const one = write(
    'a/one',
    { model: 'cnn', dataset: 'digits', epochs: 3, lr: 0.001, threads: 1 },
    [0.5, 0.75, 0.75],
    true,
  );
  const two = write(
    'a/<two>',
    { model: 'cnn', dataset: 'digits', epochs: 3, lr: 0.002, threads: 2, clip: 1 },
    [0.25],
  );

  it('reads runs, finds the best epoch and what differs', () => {
    const runs = [one, two].map((directory) => readRun('compare', directory));
    expect(bestEpoch(runs[0]!)?.epoch).toBe(2);
    expect(runs.map(secondsOf)).toEqual([36, 12]);
    expect(differing(runs)).toEqual(['lr', 'clip']);
    expect(runs.map(({ result }) => result !== undefined)).toEqual([true, false]);
    expect(distinctNames(runs)).toEqual(['one', '<two>']);
    expect(distinctNames([...runs, readRun('compare', write('b/one', {}, []))])[0]).toBe(one);
  });

  it('makes a page with a curve for each run, and no markup from names', () => {
    const html = comparisonPage([one, two].map((directory) => readRun('compare', directory)));
    expect(html).toContain('87.65 %');
    expect(html).toContain('What differs');
    expect(html).toContain('&lt;two&gt;');
    expect(html).not.toContain('<two>');
    expect(html.match(/data-chart=/g)).toHaveLength(6);
    // A run that has not begun is a row, and no curve.
    expect(comparisonPage([readRun('compare', write('c', {}, []))])).toContain(
      'Nothing has been measured yet',
    );
  });

  it('takes the folder of a sweep for the runs in it', () => {
    expect(runFolders(join(folder, 'a'))).toEqual([two, one]);
    expect(runFolders(one)).toEqual([one]);
    expect(runFolders(join(folder, 'nowhere'))).toEqual([join(folder, 'nowhere')]);
  });

  it.each([
    ['nowhere', /nowhere" cannot be read \(no such file or directory\)/],
    ['a', /"[^"]*a" is no run: it has no config\.json/],
    ['a/one/config.json', /is a file\. Give the folder of a run/],
  ])('%s gets one sentence', (name, sentence) => {
    const read = (): unknown => readRun('capsnet compare', join(folder, name));
    expect(read).toThrow(UserError);
    expect(read).toThrow(sentence);
  });
});

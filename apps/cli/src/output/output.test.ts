import { fc, test } from '@fast-check/vitest';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { createConsole, type Stream } from './console.js';
import { count, duration, loss, percent, plural } from './format.js';
import { emit, eventLine } from './json.js';
import { barLine, createProgress, plainLine, type ProgressReport } from './progress.js';
import { table } from './table.js';

/** A stream that remembers; a terminal if asked. */
function memory(isTTY: boolean, columns = 80): Stream & { text: string } {
  return {
    text: '',
    isTTY,
    columns,
    write(chunk: string) {
      this.text += chunk;
      return true;
    },
  };
}

const report: ProgressReport = {
  label: 'epoch 1/10',
  done: 27_000,
  total: 60_000,
  imagesPerSecond: 823.4,
  secondsLeft: 65,
  loss: 0.03124,
  accuracy: 0.972,
};

describe('format', () => {
  it('groups thousands, counts, and shows shares and times', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect(count(999)).toBe('999');
    expect(plural(1, 'image')).toBe('1 image');
    expect(plural(2000, 'image')).toBe('2,000 images');
    expect(percent(0.9891)).toBe('98.91 %');
    expect(duration(7.4)).toBe('7 s');
    expect(duration(65)).toBe('1 min 05 s');
    expect(duration(7380)).toBe('2 h 03 min');
    expect(duration(Infinity)).toBe('?');
    expect(loss(0.5)).toBe('0.5000');
    expect(loss(0.00001234)).toBe('1.23e-5');
    expect(loss(NaN)).toBe('NaN');
  });
});

describe('progress', () => {
  test.prop([
    fc.integer({ min: 20, max: 200 }),
    fc.record({
      done: fc.nat(70_000),
      total: fc.integer({ min: 1, max: 70_000 }),
      secondsLeft: fc.oneof(fc.nat(400_000), fc.constant(Infinity)),
      imagesPerSecond: fc.nat(9999),
    }),
  ])('a bar never fills the last column of the terminal', (columns, changed) => {
    expect(barLine({ ...report, ...changed }, columns, pc.createColors(false)).length).toBeLessThan(columns);
  });

  it('shows rate, loss, accuracy and time left on 80 columns', () => {
    const line = barLine(report, 80, pc.createColors(false));
    expect(line).toMatch(
      /^epoch 1\/10 █+░+ {2}45 % {2}823 img\/s {2}loss 0\.0312 {2}acc 97\.2 % {2}1:05 left$/,
    );
    expect(plainLine(report)).toBe(
      'epoch 1/10  45 %  823 images/s  loss 0.0312  accuracy 97.20 %  1 min 05 s left',
    );
  });

  it('writes one plain line every few seconds without a terminal, and no control codes', () => {
    const stderr = memory(false);
    let clock = 0;
    const progress = createProgress(createConsole({ stderr, stdout: memory(false), env: {} }), () => clock);
    for (clock = 0; clock <= 10; clock += 0.01) progress.report(report);
    progress.clear();
    expect(stderr.text.trim().split('\n')).toHaveLength(3);

    expect(stderr.text).not.toMatch(/[\u001b\r]/);
  });

  it('is silent under --quiet', () => {
    const stderr = memory(true);
    const progress = createProgress(
      createConsole({ stderr, quiet: true, env: {} }),
      () => Math.random() * 1e9,
    );
    progress.report(report);
    progress.clear();
    expect(stderr.text).toBe('');
  });
});

describe('console', () => {
  it('colours terminals only, and none under NO_COLOR', () => {
    const coloured = (isTTY: boolean, env: Record<string, string>): boolean =>
      createConsole({ stdout: memory(isTTY), stderr: memory(isTTY), env }).colours.result.red('x') !== 'x';
    expect(coloured(true, {})).toBe(true);
    expect(coloured(false, {})).toBe(false);
    expect(coloured(false, { FORCE_COLOR: '1' })).toBe(false);
    expect(coloured(true, { NO_COLOR: '1' })).toBe(false);
    expect(coloured(true, { TERM: 'dumb' })).toBe(false);
  });

  it('hides notes under --quiet, never warnings', () => {
    const stderr = memory(false);
    const console = createConsole({ stderr, quiet: true, env: {} });
    console.note('a note');
    console.warn('a warning');
    expect(stderr.text).toBe('a warning\n');
  });
});

describe('events', () => {
  it('are one JSON object a line on standard output', () => {
    const stdout = memory(false);
    emit(createConsole({ stdout, env: {} }), { event: 'epoch', loss: NaN, note: 'two\nlines' });
    expect(stdout.text).toBe('{"event":"epoch","loss":null,"note":"two\\nlines"}\n');
    expect(eventLine({ event: 'done' }).split('\n')).toHaveLength(2);
  });
});

describe('table', () => {
  it('aligns columns and sets numbers flush right', () => {
    const lines = table(
      [{ title: 'layer' }, { title: 'parameters', align: 'right' }],
      [
        ['conv1', '832'],
        ['digit capsules', '20,640'],
      ],
    );
    expect(lines).toEqual([
      'layer           parameters',
      '--------------  ----------',
      'conv1                  832',
      'digit capsules      20,640',
    ]);
  });
});

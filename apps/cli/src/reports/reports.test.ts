import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { linearAxis, logAxis, short, show } from './axis.js';
import { lineChart, type ChartData } from './chart.js';
import { html, raw } from './html.js';
import { dataTable, page, section, tiles } from './page.js';

describe('html', () => {
  test.prop([fc.string()])('text cannot become markup', (text) => {
    const { text: markup } = html`<b title="${text}">${text}</b>`;
    const inside = markup.slice('<b title="'.length, -'</b>'.length);
    expect(inside.split('">')).toHaveLength(2);
    expect(inside.replace('">', '')).not.toMatch(/[<>"']/);
  });

  it('takes markup and lists as they are, and leaves out what is not there', () => {
    expect(html`<p>${raw('<i>a</i>')}${['b', html`<u>&</u>`]}${undefined}${false}${0}</p>`.text).toBe(
      '<p><i>a</i>b<u>&</u>0</p>',
    );
  });
});

describe('axes', () => {
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 20 });

  test.prop([values, fc.boolean()])('every value and every tick lies on a linear axis', (all, tight) => {
    const axis = linearAxis(all, { tight });
    for (const value of all) {
      expect(axis.place(value)).toBeGreaterThanOrEqual(-1e-6);
      expect(axis.place(value)).toBeLessThanOrEqual(1 + 1e-6);
    }
    for (const tick of axis.ticks) expect(tick.place).toBeCloseTo(axis.place(tick.value), 9);
    expect(axis.ticks.length).toBeLessThanOrEqual(9);
    if (!tight) expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
  });

  test.prop([fc.array(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 })])(
    'a logarithmic axis ascends, has room at both ends and few ticks',
    (all) => {
      const axis = logAxis(all);
      for (const value of all) {
        expect(axis.place(value)).toBeGreaterThan(0);
        expect(axis.place(value)).toBeLessThan(1);
      }
      expect(axis.ticks.length).toBeLessThanOrEqual(8);
      for (const [index, tick] of axis.ticks.slice(1).entries())
        expect(tick.place).toBeGreaterThan(axis.ticks[index]!.place);
    },
  );

  it('has round numbers', () => {
    expect(linearAxis([0.713, 0.998], { kind: 'percent', to: 1 }).ticks.map(({ text }) => text)).toEqual([
      '70%',
      '80%',
      '90%',
      '100%',
    ]);
    expect(linearAxis([1, 40], { tight: true, whole: true, parts: 7 }).ticks.map(({ text }) => text)).toEqual(
      ['10', '20', '30', '40'],
    );
    expect(linearAxis([3], { whole: true, tight: true }).ticks).toEqual([
      { value: 3, text: '3', place: 0.5 },
    ]);
    expect(logAxis([0.002, 0.9]).ticks.map(({ text }) => text)).toEqual([
      '0.003',
      '0.01',
      '0.03',
      '0.1',
      '0.3',
      '1',
    ]);
    expect([0, 0.00002, 0.25, 640, 12_500, 2e6].map(short)).toEqual([
      '0',
      '2e\u22125',
      '0.25',
      '640',
      '12.5k',
      '2M',
    ]);
    expect([show(0.98765, 'percent'), show(0.5, 'number'), show(40, 'number')]).toEqual([
      '98.77 %',
      '0.5000',
      '40',
    ]);
  });
});

describe('line chart', () => {
  const dataOf = (text: string): ChartData =>
    JSON.parse(
      /data-chart="([^"]*)"/.exec(text)![1]!.replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
    ) as ChartData;

  it('draws every series, its last value, and all values for the pointer', () => {
    const { text } = lineChart({
      title: 'Accuracy',
      x: 'epoch',
      kind: 'percent',
      series: [
        {
          name: 'training',
          points: [
            [1, 0.5],
            [2, 0.75],
            [3, 1],
          ],
        },
        {
          name: '<validation>',
          points: [
            [1, 0.25],
            [2, NaN],
            [3, 0.5],
          ],
          dashed: true,
          colour: 9,
        },
      ],
      mark: { x: 2, text: 'best' },
    });
    expect(text).not.toContain('<validation>');
    expect(text).toContain('class="series-2 dashed"');
    const data = dataOf(text);
    expect(data.series[0]!.points).toEqual([
      [1, 0, 62.5, '50.00 %'].map((value) => (value === 62.5 ? expect.any(Number) : value)),
      [2, 50, expect.any(Number), '75.00 %'],
      [3, 100, 0, '100.00 %'],
    ]);
    expect(data.series[1]!.points.map(([x]) => x)).toEqual([1, 3]);
    // The gap makes two dots of the second line.
    expect([...text.matchAll(/ d="([^"]*)"/g)][1]![1]).toMatch(/^M0 [\d.]+h0M1000 [\d.]+h0$/);
    expect(text).toContain('Accuracy: training from 50.00 % to 100.00 % at epoch 3');
  });

  it('takes a logarithmic axis for values over decades, and says so when there are none', () => {
    const of = (values: readonly number[]) =>
      dataOf(
        lineChart({
          title: 'Loss',
          x: 'epoch',
          series: [{ name: 'a', points: values.map((y, x) => [x, y]) }],
        }).text,
      ).series[0]!.points.map(([, , top]) => top);
    const [a, b, c] = of([1, 0.1, 0.01]) as [number, number, number];
    expect(b - a).toBeCloseTo(c - b, 2);
    const [d, e, f] = of([1, 0.5, 0.25]) as [number, number, number];
    expect(e - d).toBeCloseTo(2 * (f - e), 2);
    expect(lineChart({ title: 'Loss', x: 'epoch', series: [] }).text).toContain(
      'Nothing has been measured yet',
    );
  });
});

describe('page', () => {
  it('stands alone: no address, and a policy that allows none', () => {
    const chart = lineChart({ title: 'Loss', x: 'epoch', series: [{ name: 'a', points: [[1, 2]] }] });
    const text = page({
      title: 'A & B',
      lead: 'Lead.',
      body: [
        tiles([{ label: 'accuracy', value: '1' }]),
        section('Curves', chart),
        dataTable([{ title: 'n' }], [[1]]),
      ],
    });
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).toContain("default-src 'none'");
    expect(text).toContain('<h1>A &amp; B</h1>');
    expect(text.replaceAll(/data:image/g, '')).not.toMatch(/https?:|src=|href=|@import|url\(/);
  });
});

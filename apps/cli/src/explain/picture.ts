/** The picture of a routing: lengths layer by layer, couplings, agreement. */
import { bars, column, image, note, row, sheet, text, type Block } from '../inspect/blocks.js';
import { enlargement } from '../inspect/draw.js';
import { heatMap, heatScale } from '../inspect/heat-map.js';
import type { Canvas } from '../pictures/canvas.js';
import type { Matrix, Routing } from './routing.js';

/** More children than this are shown as maps, not one by one. */
const fewChildren = 40;

const short = (value: number): string => value.toFixed(2);
/** Figures of a scale: what tells its ends from 0. */
const figure = (value: number): string =>
  value === 0 || Math.abs(value) >= 0.01 ? value.toFixed(3) : value.toExponential(1);
const largest = (matrix: Matrix): number =>
  matrix.reduce((most, cells) => cells.reduce((high, value) => Math.max(high, Math.abs(value)), most), 0);

const part = (title: string, notes: readonly string[], ...blocks: readonly Block[]): Block =>
  column([text(title), ...notes.map(note), ...blocks], 10);

export interface ExplainText {
  readonly title: string;
  readonly subtitles: readonly string[];
  readonly classNames: readonly string[];
}

/** Draws everything. */
export function routingPicture(routing: Routing, words: ExplainText): Canvas {
  const { map } = routing;
  const children = map.height * map.width * map.kinds;
  return sheet(
    column(
      [
        column([text(words.title, 3), ...words.subtitles.map(note)]),
        head(routing, words),
        ...(children <= fewChildren ? oneByOne(routing, words) : asMaps(routing, words)),
      ],
      28,
    ),
  );
}

function head(
  { input, reconstruction, classLengths, predicted }: Routing,
  { classNames }: ExplainText,
): Block {
  const scale = enlargement(input.width, 168);
  return row([
    column([image(input, scale), note('test image')]),
    ...(reconstruction ? [column([image(reconstruction, scale), note('reconstruction')])] : []),
    part(
      'class capsules: length',
      [],
      bars(
        classLengths.map((length, index) => ({
          name: classNames[index]!,
          share: length,
          value: short(length),
          marked: index === predicted,
        })),
      ),
    ),
  ]);
}

const couplingNotes = {
  'self-attention': ['softmax of the agreement over the classes: each column sums to 1'],
  dynamic: ['after the last iteration: the couplings of a child sum to 1 over the classes'],
  none: ['this network does not route: all children weigh alike'],
};

const agreementNotes = {
  'self-attention': ['of what a child predicts with all predictions of the class (eq. 6)'],
  dynamic: ['of what a child predicts with the capsule that came out (procedure 1)'],
  none: ['of what a child predicts with the capsule that came out'],
};

/** Children one by one: a column each. */
function oneByOne(routing: Routing, { classNames }: ExplainText): Block[] {
  const { method, primaryLengths, couplings, agreement, pairs, predicted, second } = routing;
  const columnNames = primaryLengths.map((_, index) => String(index + 1));
  const matrix = (values: Matrix, most: number): Block =>
    heatMap(values, { cell: 32, most, rowNames: classNames, columnNames, markedRow: predicted, show: short });
  const mostCoupled = largest(couplings);
  const mostAgreeing = largest(agreement);
  return [
    part(
      `primary capsules: length of each of the ${primaryLengths.length}`,
      [],
      heatMap([primaryLengths], { cell: 32, most: 1, columnNames, show: short }),
    ),
    part(
      'coupling coefficients: class by primary capsule',
      couplingNotes[method],
      matrix(couplings, mostCoupled),
      heatScale(0, mostCoupled, mostCoupled, short),
    ),
    part(
      'agreement: class by primary capsule',
      agreementNotes[method],
      matrix(agreement, mostAgreeing),
      heatScale(-mostAgreeing, mostAgreeing, mostAgreeing, short),
    ),
    ...(pairs ? [pairBlock(pairs, classNames[predicted]!, classNames[second]!)] : []),
  ];
}

function pairBlock(pairs: NonNullable<Routing['pairs']>, first: string, second: string): Block {
  const most = Math.max(largest(pairs.predicted), largest(pairs.second));
  const numbers = pairs.predicted.map((_, index) => String(index + 1));
  const square = (title: string, matrix: Matrix): Block =>
    part(title, [], heatMap(matrix, { cell: 18, most, rowNames: numbers, columnNames: numbers }));
  return part(
    'agreement of the predictions with each other',
    ['product of each two of them, by the root of their dimensions'],
    row([square(`of class ${first}`, pairs.predicted), square(`of class ${second}`, pairs.second)], 32),
    heatScale(-most, most, most, short),
  );
}

/** Children by the place where they are and by their kind. */
function asMaps(routing: Routing, { classNames }: ExplainText): Block[] {
  const { method, map, primaryLengths, couplings, agreement, predicted } = routing;
  const { height, width, kinds } = map;
  /** Mean over the kinds at each place. */
  const places = (values: readonly number[]): Matrix =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => {
        const from = (y * width + x) * kinds;
        return values.slice(from, from + kinds).reduce((sum, value) => sum + value, 0) / kinds;
      }),
    );
  /** A row for each kind, a column for each place. */
  const byKind = (values: readonly number[]): Matrix =>
    Array.from({ length: kinds }, (_, kind) =>
      Array.from({ length: height * width }, (_, place) => values[place * kinds + kind]!),
    );
  const maps = (matrix: Matrix): Block => {
    const means = matrix.map(places);
    const most = Math.max(...means.map(largest));
    const named = means.map((mean, k) =>
      column([
        heatMap(mean, { cell: 14, most }),
        text(classNames[k]!, 2, k === predicted ? [43, 87, 207] : undefined),
      ]),
    );
    const lines = Array.from({ length: Math.ceil(named.length / 5) }, (_, line) =>
      row(named.slice(5 * line, 5 * line + 5), 20),
    );
    const low = means.flat(2).some((value) => value < 0) ? -most : 0;
    return column([...lines, heatScale(low, most, most, figure)], 14);
  };
  const ofWinner = (values: readonly number[]): Block => {
    const most = largest([values]);
    return column([
      heatMap(byKind(values), { cell: 9, most }),
      heatScale(values.some((value) => value < 0) ? -most : 0, most, most, figure),
    ]);
  };
  const winner = classNames[predicted]!;
  const kindsAndPlaces = `a row for each of the ${kinds} kinds, a column for each of the ${height * width} places`;
  return [
    part(
      `primary capsules: length of each of the ${primaryLengths.length}`,
      [kindsAndPlaces],
      row([
        ofWinner(primaryLengths),
        part(
          'mean by place',
          [],
          heatMap(places(primaryLengths), { cell: 28, most: largest(places(primaryLengths)), show: short }),
        ),
      ]),
    ),
    part('coupling coefficients: mean by place, class by class', couplingNotes[method], maps(couplings)),
    part(`coupling coefficients of class ${winner}`, [kindsAndPlaces], ofWinner(couplings[predicted]!)),
    part('agreement: mean by place, class by class', agreementNotes[method], maps(agreement)),
    part(`agreement of class ${winner}`, [kindsAndPlaces], ofWinner(agreement[predicted]!)),
  ];
}

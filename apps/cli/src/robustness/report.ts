/** What was measured, as tables for a terminal and as a page with curves. */
import { table } from '../output/table.js';
import { lineChart } from '../reports/chart.js';
import { html } from '../reports/html.js';
import { charts, dataTable, page, section } from '../reports/page.js';
import type { Curve } from './curves.js';
import { distortionNames, distortions, type DistortionName } from './distortions.js';
import { motionNames, type Equivariance } from './equivariance.js';

/** One network. */
export interface Measured {
  /** Short, for legends. */
  readonly name: string;
  /** The model's name in the catalogue. */
  readonly model: string;
  readonly weights: string;
  readonly dataset: string;
  /** Test images. */
  readonly count: number;
  readonly curves: readonly Curve[];
  readonly equivariance: readonly Equivariance[];
}

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
const rSquared = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');

const curveOf = ({ curves }: Measured, name: DistortionName): Curve =>
  curves.find(({ distortion }) => distortion === name)!;

/** A table a distortion, and one for the poses: each as the lines of one text. */
export function robustnessTables(measured: readonly Measured[]): string[] {
  const right = (title: string) => ({ title, align: 'right' as const });
  const errors = distortionNames.map((name) => {
    const { title, unit } = distortions[name];
    const columns = [
      { title: 'network' },
      ...curveOf(measured[0]!, name).levels.map((level) => right(String(level))),
    ];
    const rows = measured.map((each) => [each.name, ...curveOf(each, name).errors.map(share)]);
    return [`${title} (${unit})`, ...table(columns, rows)].join('\n');
  });
  if (measured.every(({ equivariance }) => equivariance.length === 0)) return errors;
  const columns = [
    { title: 'network' },
    ...motionNames.flatMap((motion) => [right(motion), right('its change')]),
  ];
  const rows = measured.map(({ name, equivariance }) => [
    name,
    ...equivariance.flatMap(({ pose, change }) => [rSquared(pose), rSquared(change)]),
  ]);
  return [
    ...errors,
    ['Pose told by the winning capsule (R^2 of a linear prediction)', ...table(columns, rows)].join('\n'),
  ];
}

/** The page. */
export function robustnessPage(measured: readonly Measured[], seed: number): string {
  const [first] = measured as readonly [Measured, ...Measured[]];
  const curves = distortionNames.map((name) => {
    const { title, unit } = distortions[name];
    return lineChart({
      title,
      note: `Error by ${unit}.`,
      x: 'level',
      kind: 'percent',
      scale: 'linear',
      series: measured.map((each, colour) => {
        const { levels, errors } = curveOf(each, name);
        return { name: each.name, colour, points: levels.map((level, k) => [level, errors[k]!] as const) };
      }),
    });
  });
  const withPose = measured.filter(({ equivariance }) => equivariance.length > 0);
  const poses = dataTable(
    [
      { title: 'network' },
      ...motionNames.flatMap((motion) => [
        { title: motion, number: true },
        { title: 'its change', number: true },
      ]),
    ],
    withPose.map(({ name, equivariance }) => [
      name,
      ...equivariance.flatMap(({ pose, change }) => [rSquared(pose), rSquared(change)]),
    ]),
  );
  return page({
    title: `Robustness on ${first.dataset}`,
    kicker: 'capsnet robustness',
    lead: html`The error of ${String(measured.length)} network${measured.length === 1 ? '' : 's'} on
    ${String(first.count)} test images that were distorted more and more. Every network sees the same
    distortions (seed ${String(seed)}).`,
    body: [
      section('Error under distortion', charts(curves)),
      withPose.length > 0 &&
        section(
          'What capsules tell of the pose',
          poses,
          'R² of a linear prediction of the motion from the dimensions of the winning capsule, on images that it was not fitted on: from the capsule alone, and from its change against the unmoved image. 1 tells it exactly, 0 not at all.',
        ),
      section(
        'The networks',
        dataTable(
          [{ title: 'network' }, { title: 'model' }, { title: 'weights' }],
          measured.map(({ name, model, weights }) => [name, model, weights]),
        ),
      ),
    ],
  });
}

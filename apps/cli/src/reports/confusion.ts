/** A confusion matrix and the scores of every class as parts of a page. */
import type { ScoreTable } from '../evaluation/scores.js';
import { count } from '../output/format.js';
import { html, type Html } from './html.js';
import { dataTable } from './page.js';

/** A share of images: whole, but for the halves of overlaid pairs. */
const cell = (value: number): string =>
  Number.isInteger(value) ? count(value) : (Math.round(value * 10) / 10).toFixed(1);

/**
 * Where black and white change places as the colour that reads better: on the light page, and on the dark one. Computed from the colours in
 * `style.ts` by the contrast of WCAG 2.1, which is above 4.5 for every share so.
 */
const turn = { light: { hit: 0.83, miss: 0.89 }, dark: { hit: 0.64, miss: 0.64 } };
const inkOf = (hit: boolean, share: number): string =>
  (['light', 'dark'] as const)
    .filter((page) => share >= turn[page][hit ? 'hit' : 'miss'])
    .map((page) => ` strong-${page}`)
    .join('');

/**
 * The matrix as a table: rows are the true classes, columns what they were taken for. The colour of a cell is its share of the row, under a square root,
 * so that a single mistake among a thousand images is seen.
 */
export function confusionMatrix({ classes, confusion }: ScoreTable): Html {
  const most = Math.max(...classes.map(({ name }) => name.length));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
    <table class="confusion${most > 3 ? ' long' : ''}">
      <thead>
        <tr>
          <td><span>is ↓</span> <span>taken for →</span></td>
          ${classes.map(({ name }) => html`<th scope="col"><span>${name}</span></th>`)}
        </tr>
      </thead>
      <tbody>
        ${confusion.map((row, index) => {
          const total = row.reduce((sum, value) => sum + value, 0);
          const { name } = classes[index]!;
          return html`<tr>
            <th scope="row">${name}</th>
            ${row.map((value, taken) => {
              if (value === 0) return html`<td></td>`;
              const share = Math.sqrt(value / total);
              const words = `${cell(value)} of ${cell(total)} ${name} taken for ${classes[taken]!.name}`;
              return html`<td
                class="${taken === index ? 'hit' : 'miss'}${inkOf(taken === index, share)}"
                style="--share:${(0.08 + 0.92 * share).toFixed(3)}"
                title="${words}"
              >
                ${cell(value)}
              </td>`;
            })}
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

const score = (value: number | undefined): string =>
  value === undefined ? '\u2013' : (100 * value).toFixed(2);

/** Precision, recall and F1 of every class, and their means. */
export const classTable = ({ classes, macro }: ScoreTable): Html =>
  dataTable(
    [
      { title: 'class' },
      { title: 'images', number: true },
      { title: 'right', number: true },
      { title: 'precision', number: true },
      { title: 'recall', number: true },
      { title: 'F1', number: true },
    ],
    [
      ...classes.map(({ name, images, right, precision, recall, f1 }) => [
        name,
        count(images),
        count(right),
        score(precision),
        score(recall),
        score(f1),
      ]),
      ['mean', '', '', score(macro.precision), score(macro.recall), score(macro.f1)],
    ],
  );

/** The grid of Sabour et al. 2017, figure 4: every dimension (a row) at eleven places between -0.25 and 0.25. */
import { onPaletteChange, paint } from '../pictures/paint.js';
import { narrowRange, wideRange } from '../state/view.js';
import { element, part } from './dom.js';

export const gridSteps = 11;
const gap = 2;

/** The noise of each column. */
export const gridValues = (wide: boolean): number[] =>
  Array.from({ length: gridSteps }, (_, step) => {
    const range = wide ? wideRange : narrowRange;
    return (2 * range * step) / (gridSteps - 1) - range;
  });

export interface GridPictures {
  /** dimensions x steps pictures */
  readonly pictures: Float32Array;
  readonly dimensions: number;
  readonly width: number;
  readonly height: number;
  readonly wide: boolean;
  readonly name: string;
}

export class Grid {
  private readonly toggle = element('button', {
    type: 'button',
    id: 'grid-toggle',
    'aria-expanded': 'false',
    'aria-controls': 'grid-body',
  });
  private readonly canvas = element('canvas', { class: 'frame', role: 'img' });
  private readonly rows = element('div', { class: 'grid-rows', 'aria-hidden': 'true' });
  private readonly columns = element('div', { class: 'grid-columns', 'aria-hidden': 'true' });
  private readonly body = element(
    'div',
    { class: 'grid-body', id: 'grid-body', hidden: true },
    this.rows,
    this.canvas,
    this.columns,
  );
  private readonly cell = document.createElement('canvas');
  private last: GridPictures | undefined;

  /** @param opened asks for the pictures @param pick called with a cell's dimension and noise */
  constructor(
    private readonly opened: () => void,
    pick: (dimension: number, value: number) => void,
  ) {
    part('grid').append(
      element(
        'div',
        { class: 'spread' },
        element('h2', { id: 'grid-title' }, 'Every dimension at a glance'),
        this.toggle,
      ),
      this.body,
    );
    this.label();
    this.toggle.addEventListener('click', () => {
      this.body.hidden = !this.body.hidden;
      this.label();
      if (this.isOpen) this.opened();
    });
    this.canvas.addEventListener('click', ({ offsetX, offsetY }) => {
      if (!this.last) return;
      const column = Math.min(gridSteps - 1, Math.floor((offsetX / this.canvas.clientWidth) * gridSteps));
      const row = Math.floor((offsetY / this.canvas.clientHeight) * this.last.dimensions);
      if (row < this.last.dimensions) pick(row, gridValues(this.last.wide)[column]!);
    });
    onPaletteChange(() => this.last && this.show(this.last));
  }

  get isOpen(): boolean {
    return !this.body.hidden;
  }

  show(grid: GridPictures): void {
    this.last = grid;
    const { pictures, dimensions, width, height, wide, name } = grid;
    const [columnWidth, rowHeight] = [width + gap, height + gap];
    this.canvas.width = gridSteps * columnWidth - gap;
    this.canvas.height = dimensions * rowHeight - gap;
    this.canvas.setAttribute(
      'aria-label',
      `Grid of ${dimensions} by ${gridSteps} reconstructions of ${name}: each row changes one dimension. The sliders above do the same.`,
    );
    const context = this.canvas.getContext('2d')!;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let row = 0; row < dimensions; row++) {
      for (let step = 0; step < gridSteps; step++) {
        paint(this.cell, pictures, width, height, (row * gridSteps + step) * width * height);
        context.drawImage(this.cell, step * columnWidth, row * rowHeight);
      }
    }
    this.rows.style.gridTemplateRows = `repeat(${dimensions}, 1fr)`;
    this.rows.replaceChildren(
      ...Array.from({ length: dimensions }, (_, row) => element('span', {}, String(row + 1))),
    );
    this.columns.style.gridTemplateColumns = `repeat(${gridSteps}, 1fr)`;
    this.columns.replaceChildren(
      ...gridValues(wide).map((value) => element('span', {}, value.toFixed(2).replace('-', '−'))),
    );
  }

  private label(): void {
    this.toggle.textContent = this.isOpen ? 'Hide the grid' : 'Show the 16 × 11 grid';
    this.toggle.setAttribute('aria-expanded', String(this.isOpen));
  }
}

/** The board: shows the picture, and is drawn on with mouse, finger or pen. */
import { currentPalette, onPaletteChange, paint } from '../pictures/paint.js';
import { asDrawn, centred, penWidth, rasterise, trace, type Stroke } from '../pictures/strokes.js';
import { isBlank, side } from '../pictures/picture.js';
import { element, part } from './dom.js';

export interface BoardEvents {
  /** Something was drawn, undone or cleared. `done`: the pen has left the paper. */
  readonly drawn: (picture: Float32Array, done: boolean) => void;
  readonly chooseFile: () => void;
}

/** Canvas pixels a side; ten for each of the picture. */
const resolution = 280;

export class Board {
  private readonly canvas = element('canvas', {
    class: 'frame board-canvas',
    id: 'board-canvas',
    width: resolution,
    height: resolution,
    role: 'img',
    'aria-label':
      'Drawing board. Draw a digit with mouse, finger or pen; or choose one of the test images below.',
  });
  private readonly undoButton = element('button', { type: 'button', onclick: () => this.undo() }, 'Undo');
  private readonly clearButton = element('button', { type: 'button', onclick: () => this.clear() }, 'Clear');
  private readonly centre = element('input', {
    type: 'checkbox',
    checked: true,
    onchange: () => this.report(true),
  });
  private readonly small = document.createElement('canvas');
  /** What lies under the strokes. */
  private base: Float32Array | undefined;
  private strokes: Stroke[] = [];
  private points: [number, number][] | undefined;
  /** Whether the base is a picture to start anew from, or a drawing to add to. */
  private replaces = true;

  constructor(private readonly events: BoardEvents) {
    part('board').append(
      this.canvas,
      element(
        'div',
        { class: 'row' },
        this.undoButton,
        this.clearButton,
        element('button', { type: 'button', onclick: events.chooseFile }, 'Open …'),
      ),
      element('label', { class: 'check' }, this.centre, 'Centre what I draw, as MNIST does'),
    );
    this.canvas.addEventListener('pointerdown', (event) => this.begin(event));
    this.canvas.addEventListener('pointermove', (event) => this.move(event));
    this.canvas.addEventListener('pointerup', () => this.end());
    this.canvas.addEventListener('pointercancel', () => this.end());
    onPaletteChange(() => this.render());
  }

  /** Shows a picture that was not drawn just now. A drawing is added to; any other picture makes way for the first stroke. */
  show(picture: Float32Array, isDrawing: boolean): void {
    this.base = picture;
    this.replaces = !isDrawing;
    this.strokes = [];
    this.render();
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    if (this.replaces) this.base = undefined;
    this.replaces = false;
    this.points = [];
    this.strokes.push({ points: this.points });
    this.add(event);
  }

  private move(event: PointerEvent): void {
    if (!this.points) return;
    for (const each of event.getCoalescedEvents?.() ?? []) this.add(each, false);
    this.add(event);
  }

  private add({ clientX, clientY }: PointerEvent, report = true): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    this.points!.push([(clientX - left) / width, (clientY - top) / height]);
    if (report) this.report(false);
  }

  private end(): void {
    if (!this.points) return;
    this.points = undefined;
    this.report(true);
  }

  private undo(): void {
    this.strokes.pop();
    this.report(true);
  }

  private clear(): void {
    this.strokes = [];
    this.base = undefined;
    this.replaces = false;
    this.report(true);
  }

  private report(done: boolean): void {
    if (!this.replaces) this.events.drawn(this.picture(), done);
    this.render();
  }

  private picture(): Float32Array {
    const place = this.centre.checked && !this.base ? centred(this.strokes) : asDrawn;
    return rasterise(this.strokes, place, this.base);
  }

  private render(): void {
    const context = this.canvas.getContext('2d')!;
    const { paper, ink } = currentPalette();
    context.fillStyle = `rgb(${paper.join()})`;
    context.fillRect(0, 0, resolution, resolution);
    if (this.base) {
      paint(this.small, this.base, side, side);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.small, 0, 0, resolution, resolution);
    }
    context.strokeStyle = `rgb(${ink.join()})`;
    context.lineCap = context.lineJoin = 'round';
    const unit = resolution / side;
    context.lineWidth = penWidth * unit;
    for (const { points } of this.strokes) trace(context, points, asDrawn, unit);
    if (this.strokes.length === 0 && (!this.base || isBlank(this.base))) {
      context.fillStyle = `rgb(${ink.join()} / 62%)`;
      context.font = '16px system-ui, sans-serif';
      context.textAlign = 'center';
      context.fillText('Draw a digit here', resolution / 2, resolution / 2);
    }
    this.undoButton.disabled = this.strokes.length === 0;
    this.clearButton.disabled = this.strokes.length === 0 && !this.base;
  }
}

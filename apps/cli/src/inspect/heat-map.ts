/** Numbers as colours. */
import { drawText, fill, textHeight, textWidth, type Colour } from '../pictures/canvas.js';
import type { Block } from './blocks.js';
import { faded, ink } from './draw.js';

/** From 0 to 1 paler to deeper; below 0 another hue. */
export function heat(share: number): Colour {
  const depth = Math.min(1, Math.abs(share));
  const ground = [238, 238, 235] as const;
  const deepest = share < 0 ? ([186, 44, 34] as const) : ([27, 66, 178] as const);
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(ground[channel] + depth * (deepest[channel] - ground[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** Whether dark ink is unreadable on a colour: its luminance by ITU-R BT.601. */
const isDark = ([red, green, blue]: Colour): boolean => 0.299 * red + 0.587 * green + 0.114 * blue < 140;

export interface HeatMapOptions {
  /** Pixels of a cell's sides. */
  readonly cell: number;
  /** What is drawn deepest. */
  readonly most: number;
  readonly rowNames?: readonly string[];
  readonly columnNames?: readonly string[];
  /** The row whose name catches the eye. */
  readonly markedRow?: number;
  /** Written into the cells, in small letters. */
  readonly show?: (value: number) => string;
}

/** A matrix of coloured cells. */
export function heatMap(values: readonly (readonly number[])[], options: HeatMapOptions): Block {
  const { cell, most, rowNames, columnNames, markedRow, show } = options;
  const names = rowNames ? Math.max(...rowNames.map((name) => textWidth(name, 2))) + 8 : 0;
  const titles = columnNames ? textHeight(1) + 5 : 0;
  return {
    width: names + (values[0]?.length ?? 0) * cell,
    height: titles + values.length * cell,
    draw(canvas, left, top) {
      columnNames?.forEach((name, x) =>
        drawText(
          canvas,
          name,
          left + names + x * cell + Math.floor((cell - textWidth(name, 1)) / 2),
          top,
          1,
          faded,
        ),
      );
      values.forEach((cells, y) => {
        const above = top + titles + y * cell;
        const name = rowNames?.[y];
        const middle = above + Math.floor((cell - textHeight(2)) / 2);
        if (name !== undefined)
          drawText(canvas, name, left, middle, 2, y === markedRow ? [43, 87, 207] : ink);
        cells.forEach((value, x) => {
          const colour = heat(most > 0 ? value / most : 0);
          const before = left + names + x * cell;
          fill(canvas, before, above, cell - 1, cell - 1, colour);
          if (!show) return;
          const words = show(value);
          drawText(
            canvas,
            words,
            before + Math.floor((cell - 1 - textWidth(words, 1)) / 2),
            above + Math.floor((cell - 1 - textHeight(1)) / 2),
            1,
            isDark(colour) ? [255, 255, 255] : ink,
          );
        });
      });
    },
  };
}

/** The colours of a map, from one value to another. */
export function heatScale(from: number, to: number, most: number, show: (value: number) => string): Block {
  const length = 160;
  const [low, high] = [show(from), show(to)];
  const before = textWidth(low, 2) + 8;
  return {
    width: before + length + 8 + textWidth(high, 2),
    height: textHeight(2),
    draw(canvas, left, top) {
      drawText(canvas, low, left, top, 2, faded);
      for (let x = 0; x < length; x++) {
        const value = from + ((to - from) * x) / (length - 1);
        fill(canvas, left + before + x, top, 1, textHeight(2), heat(most > 0 ? value / most : 0));
      }
      drawText(canvas, high, left + before + length + 8, top, 2, faded);
    },
  };
}

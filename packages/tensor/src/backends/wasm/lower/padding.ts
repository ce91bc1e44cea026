/** Zeros around the images of a convolution. */
import type { Conv2dGeometry } from '../../../shape/rules.js';
import { copyStep, fillStep, type Step, type Workspace } from './kernel.js';

/** An image batch surrounded by zeros in the workspace, or the tensor itself when nothing is to be added. */
export interface Padded {
  readonly height: number;
  readonly width: number;
  steps(source: number, base: number): Step[];
  address(source: number, base: number): number;
}

/** Rows and columns of `shape` [n,h,w,c] placed at (top, left) of a height x width canvas. */
export function padded(
  shape: readonly number[],
  height: number,
  width: number,
  top: number,
  left: number,
  workspace: Workspace,
): Padded {
  const [n, h, w, c] = shape as [number, number, number, number];
  if (h === height && w === width && top === 0 && left === 0)
    return { height, width, steps: () => [], address: (source) => source };
  const count = n * height * width * c;
  const offset = workspace.take(count);
  const rows = Math.min(h, height - top);
  const columns = Math.min(w, width - left);
  return {
    height,
    width,
    steps: (source, base) => [
      fillStep(base + offset, count, 0),
      copyStep(
        source,
        base + offset + (top * width + left) * c * 4,
        [n, rows, columns * c],
        [h * w * c, w * c, 1],
        [height * width * c, width * c, 1],
      ),
    ],
    address: (_, base) => base + offset,
  };
}

/** The padded input of the forward pass and the filter's gradient: just as large as the filter reaches. */
export function paddedInput(g: Conv2dGeometry, workspace: Workspace): Padded {
  const reach = (output: number, stride: number, filter: number): number => (output - 1) * stride + filter;
  const height = Math.max(reach(g.outputHeight, g.strideHeight, g.filterHeight), g.inputHeight + g.padTop);
  const width = Math.max(reach(g.outputWidth, g.strideWidth, g.filterWidth), g.inputWidth + g.padLeft);
  return padded(
    [g.batch, g.inputHeight, g.inputWidth, g.inputChannels],
    height,
    width,
    g.padTop,
    g.padLeft,
    workspace,
  );
}

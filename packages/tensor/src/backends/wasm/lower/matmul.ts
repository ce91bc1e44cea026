/** Matrix products: batches, packing of the right operand, bias and activation. */
import type { Single } from '../../../compile/schedule.js';
import { broadcastStrides } from '../../../ops/loops.js';
import { sizeOf, stridesOf } from '../../../shape/rules.js';
import { copyStep, floatWord, Workspace, type Lowered, type Step } from './kernel.js';

/** Rows of A from which on B is worth packing into panels. */
const packFrom = 24;

/** Numbers of B from which on few rows go through `matmulFew`: a smaller one stays in the first-level cache as it lies. */
const largeFrom = 16384;

/** A thread's own memory: a tile at the edge, and 48 rows of a transposed A over a slice of 256 (or four panels of B, 128 deep). */
const scratchBytes = 256 + 48 * 256 * 4;

/** Code and parameter of the activation that a kernel applies last. */
export function activationWords({ activation }: Single): [number, number] {
  switch (activation?.op) {
    case 'relu':
      return [1, 0];
    case 'leakyRelu':
      return [2, floatWord(activation.attributes<'leakyRelu'>().alpha)];
    case 'sigmoid':
      return [3, 0];
    case 'tanh':
      return [4, 0];
    default:
      return [0, 0];
  }
}

/** One constant stride between the matrices of consecutive batches, or undefined when broadcasting needs more. */
function batchStride(shape: readonly number[], batch: readonly number[], matrix: number): number | undefined {
  const own = shape.slice(0, -2);
  if (sizeOf(own) === 1) return 0;
  return sizeOf(own) === sizeOf(batch) ? matrix : undefined;
}

export function lowerMatmul(single: Single, threads: number): Lowered {
  const { node, bias } = single;
  const [a, b] = node.inputs as [typeof node, typeof node];
  const { transposeA, transposeB } = node.attributes<'matmul'>();
  const batch = node.shape.slice(0, -2);
  let batches = sizeOf(batch);
  const n = node.shape.at(-1)!;
  let m = node.shape.at(-2)!;
  const k = a.shape.at(transposeA ? -2 : -1)!;
  let aBatch = batchStride(a.shape, batch, m * k);
  let bBatch = batchStride(b.shape, batch, k * n);
  const workspace = new Workspace();
  // Operands that are stretched along some batch axes only are laid out in full.
  const spreadA = aBatch === undefined ? workspace.take(batches * m * k) : undefined;
  const spreadB = bBatch === undefined ? workspace.take(batches * k * n) : undefined;
  aBatch ??= m * k;
  bBatch ??= k * n;
  // Many products with one right operand are one product with many rows.
  const folded = batches > 1 && bBatch === 0 && aBatch === m * k && !transposeA;
  const matrices = batches;
  if (folded) {
    m *= batches;
    batches = 1;
  }
  const panels = Math.ceil(n / 8);
  const few = m <= packFrom && k * n >= largeFrom && !transposeA;
  const packs = !few && (transposeB || m > packFrom);
  const packedBatches = bBatch === 0 ? 1 : batches;
  const packed = packs ? workspace.take(packedBatches * panels * k * 8) : 0;
  const scratch = workspace.take((scratchBytes / 4) * threads);
  const [kind, alpha] = activationWords(single);
  return {
    label: ['matmul', ...(bias ? ['bias'] : []), ...(single.activation ? [single.activation.op] : [])].join(
      ' ',
    ),
    shape: node.shape,
    operations: 2 * sizeOf(node.shape) * k,
    workspaceBytes: workspace.bytes,
    encode(at, base) {
      const steps: Step[] = [];
      const spread = (operand: typeof node, offset: number | undefined): number => {
        if (offset === undefined) return at(operand);
        const lengths = [...batch, ...operand.shape.slice(-2)];
        const strides = broadcastStrides({ shape: operand.shape, stride: stridesOf(operand.shape) }, lengths);
        steps.push(copyStep(at(operand), base + offset, lengths, strides, stridesOf(lengths)));
        return base + offset;
      };
      const aAt = spread(a, spreadA);
      const bAt = spread(b, spreadB);
      const [rowStride, columnStride] = transposeB ? ([4, k * 4] as const) : ([n * 4, 4] as const);
      const batchWords = [
        folded ? 0 : aBatch * 4,
        packs ? (bBatch === 0 ? 0 : panels * k * 32) : bBatch * 4,
        folded ? 0 : (sizeOf(node.shape) / matrices) * 4,
      ];
      const operandWords = (right: number): number[] => [
        ...[aAt, right, at(single.result), bias ? at(bias) : 0],
        ...[m, n, k, batches],
        ...batchWords,
      ];
      if (few) {
        steps.push({
          kernel: 'matmulFew',
          words: [
            ...operandWords(bAt),
            k * 4,
            rowStride,
            columnStride,
            kind,
            alpha,
            base + scratch,
            scratchBytes,
          ],
        });
        return steps;
      }
      if (packs) {
        steps.push({
          kernel: 'packPanels',
          words: [
            bAt,
            base + packed,
            k,
            n,
            rowStride,
            columnStride,
            packedBatches,
            bBatch * 4,
            panels * k * 32,
            k * 32,
          ],
        });
      }
      steps.push({
        kernel: 'matmul',
        words: [
          ...operandWords(packs ? base + packed : bAt),
          (transposeA ? m : k) * 4,
          transposeA ? 1 : 0,
          packs ? 32 : n * 4,
          packs ? k * 32 : 32,
          kind,
          alpha,
          base + scratch,
          scratchBytes,
        ],
      });
      return steps;
    },
  };
}

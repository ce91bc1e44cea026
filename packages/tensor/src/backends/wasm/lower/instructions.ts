/**
 * From the nodes of an element-wise group to instructions of the interpreter in `assembly/fused.ts`: codes, pairs of nodes that are one
 * instruction, registers.
 */
import type { Tensor } from '../../../graph/tensor.js';
import type * as elementwise from '../../../ops/elementwise.js';
import type { OpName } from '../../../ops/table.js';
import { floatWord } from './kernel.js';

/** Element-wise operations that are instructions of a group; the others are copies, or vanish from plans. */
type Instructed = Exclude<keyof typeof elementwise, 'cast' | 'identity' | 'stopGradient'>;

/** Codes of `instruction` in `assembly/elementwise/instructions.ts`. An operation without one does not compile. */
const codes: Record<Instructed, number> = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  maximum: 4,
  minimum: 5,
  less: 6,
  lessEqual: 7,
  greater: 8,
  greaterEqual: 9,
  equal: 10,
  notEqual: 11,
  pow: 12,
  neg: 20,
  abs: 21,
  sign: 22,
  floor: 23,
  square: 24,
  reciprocal: 25,
  sqrt: 26,
  rsqrt: 27,
  exp: 28,
  expm1: 29,
  log: 30,
  log1p: 31,
  tanh: 32,
  sigmoid: 33,
  relu: 34,
  leakyRelu: 35,
  powConst: 36,
  where: 40,
};

/** One instruction before registers are assigned. */
interface Instruction {
  readonly code: number;
  readonly result: Tensor;
  /** Operands in the order of the words. */
  readonly operands: readonly Tensor[];
  readonly immediate: number;
}

export interface Assembled {
  /** Six words an instruction. */
  readonly words: readonly number[];
  readonly instructions: number;
  readonly registerOf: ReadonlyMap<Tensor, number>;
  /** Registers of constants, by value. */
  readonly immediates: ReadonlyMap<number, number>;
  readonly registers: number;
}

export const isImmediate = (node: Tensor): boolean => node.op === 'fill' && node.value === undefined;

/**
 * @param outputs members that stand for memory: they keep a register of their own
 * @param kept members that are read after the last instruction (by reductions)
 */
export function assemble(
  members: readonly Tensor[],
  inputs: readonly Tensor[],
  outputs: ReadonlySet<Tensor>,
  kept: ReadonlySet<Tensor>,
): Assembled {
  const instructions = select(members, new Set([...outputs, ...kept]));
  const registerOf = new Map<Tensor, number>();
  const immediates = new Map<number, number>();
  const external = new Set(inputs);
  const lastUse = new Map<Tensor, number>();
  let registers = 0;
  const own = (node: Tensor): void => {
    if (!registerOf.has(node)) registerOf.set(node, registers++);
  };
  instructions.forEach(({ operands }, position) => {
    for (const operand of operands) {
      lastUse.set(operand, position);
      if (isImmediate(operand)) {
        const { value } = operand.attributes<'fill'>();
        if (!immediates.has(value)) immediates.set(value, registers++);
      } else if (external.has(operand)) own(operand);
    }
  });
  for (const node of kept) if (external.has(node)) own(node);
  // Registers of other members are used again after the last reader.
  const free: number[] = [];
  instructions.forEach(({ result, operands }, position) => {
    registerOf.set(result, outputs.has(result) ? registers++ : (free.pop() ?? registers++));
    for (const operand of new Set(operands)) {
      const temporary = !external.has(operand) && !isImmediate(operand);
      if (temporary && !outputs.has(operand) && !kept.has(operand) && lastUse.get(operand) === position)
        free.push(registerOf.get(operand)!);
    }
  });
  const register = (node: Tensor | undefined): number =>
    node === undefined
      ? 0
      : isImmediate(node)
        ? immediates.get(node.attributes<'fill'>().value)!
        : registerOf.get(node)!;
  const words = instructions.flatMap(({ code, result, operands: [a, b, c, e], immediate }) => [
    code,
    registerOf.get(result)!,
    register(a),
    register(b),
    register(c),
    e ? register(e) : floatWord(immediate),
  ]);
  return { words, instructions: instructions.length, registerOf, immediates, registers };
}

/** Instructions for the members; a node that only its neighbour reads becomes part of the neighbour where an instruction does both. */
function select(members: readonly Tensor[], needed: ReadonlySet<Tensor>): Instruction[] {
  const inside = new Set(members);
  const uses = new Map<Tensor, number>();
  for (const node of members) for (const input of node.inputs) uses.set(input, (uses.get(input) ?? 0) + 1);
  const absorbed = new Set<Tensor>();
  const sole = (node: Tensor, op: OpName): boolean =>
    node.op === op && inside.has(node) && uses.get(node) === 1 && !needed.has(node) && !absorbed.has(node);
  const take = (node: Tensor): readonly Tensor[] => {
    absorbed.add(node);
    return node.inputs;
  };
  const choose = (node: Tensor): Omit<Instruction, 'result'> => {
    const [a, b] = node.inputs as [Tensor, Tensor];
    const made = (code: number, ...operands: readonly Tensor[]): Omit<Instruction, 'result'> => ({
      code,
      operands,
      immediate: 0,
    });
    if (node.op === 'add' && sole(a, 'mul') && sole(b, 'mul') && a !== b)
      return made(45, ...take(a), ...take(b));
    if (node.op === 'add' && sole(a, 'mul')) return made(41, ...take(a), b);
    if (node.op === 'add' && sole(b, 'mul')) return made(41, ...take(b), a);
    if (node.op === 'sub' && sole(a, 'mul')) return made(42, ...take(a), b);
    if (node.op === 'sub' && sole(b, 'mul')) return made(43, ...take(b), a);
    if (node.op === 'square' && sole(a, 'sub')) return made(13, ...take(a));
    if (node.op === 'mul' && sole(a, 'greater')) return made(44, ...take(a), b);
    if (node.op === 'mul' && sole(b, 'greater')) return made(44, ...take(b), a);
    const operands = node.op === 'where' ? [node.inputs[1]!, node.inputs[2]!, node.inputs[0]!] : node.inputs;
    return { code: codes[node.op as Instructed], operands, immediate: immediateOf(node) };
  };
  // Backwards, so that the later of two nodes takes the earlier; what was absorbed makes no instruction.
  const chosen: Instruction[] = [];
  for (const node of [...members].reverse())
    if (!absorbed.has(node)) chosen.push({ ...choose(node), result: node });
  return chosen.reverse();
}

function immediateOf(node: Tensor): number {
  if (node.op === 'leakyRelu') return node.attributes<'leakyRelu'>().alpha;
  if (node.op === 'powConst') return node.attributes<'powConst'>().exponent;
  return 0;
}

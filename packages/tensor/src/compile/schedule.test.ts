import { describe, expect, it } from 'vitest';
import { add, conv2d, greater, mean, mul, relu, reshape, sqrt, sub, sum, Tensor } from '../index.js';
import { topologicalOrder, type Plan } from './plan.js';
import { schedule, type Group, type Single, type Work } from './schedule.js';
import { simplify } from './simplify.js';

let count = 0;
const input = (...shape: number[]): Tensor =>
  new Tensor('input', [], { index: count++, shape, dtype: 'float32' }, shape, 'float32');
const plan = (inputs: Tensor[], results: Tensor[]): Plan => {
  const outputs = simplify(results, (node) => node.op === 'input');
  return {
    name: 'test',
    inputs,
    nodes: topologicalOrder(outputs),
    outputs,
    donations: outputs.map(() => undefined),
  };
};
const names = (stages: Work[][]): string[][] =>
  stages.map((works) =>
    works.map((work) =>
      work.kind === 'group'
        ? [...work.members, ...work.reductions].map((node) => node.op).join('+')
        : work.node.op,
    ),
  );

describe('schedule', () => {
  it('fuses an element-wise chain into one group', () => {
    const [x, b] = [input(4, 3), input(3)];
    const stages = schedule(plan([x, b], [relu(add(mul(x, 2), b) as Tensor)]));
    expect(names(stages)).toEqual([['mul+add+relu']]);
    const group = stages[0]![0] as Group;
    expect(group.inputs).toEqual([x, b]);
    expect(group.outputs.length).toBe(1);
  });

  it('lets bias and activation ride on a convolution', () => {
    const [x, w, b] = [input(1, 6, 6, 1), input(3, 3, 1, 4), input(4)];
    const stages = schedule(plan([x, w, b], [relu(add(conv2d(x, w) as Tensor, b) as Tensor)]));
    const single = stages[0]![0] as Single;
    expect([single.node.op, single.bias, single.activation?.op]).toEqual(['conv2d', b, 'relu']);
    expect(stages.length).toBe(1);
  });

  it('does not absorb an activation whose operand is needed elsewhere', () => {
    const [x, w] = [input(1, 6, 6, 1), input(3, 3, 1, 4)];
    const y = conv2d(x, w) as Tensor;
    const stages = schedule(plan([x, w], [relu(y), y]));
    expect(names(stages)).toEqual([['conv2d'], ['relu']]);
  });

  it('attaches reductions to the group that makes their operand, one pass a set of axes', () => {
    const x = input(8, 5);
    const square = mul(x, x) as Tensor;
    expect(names(schedule(plan([x], [sum(square, 0) as Tensor, sum(x, 0) as Tensor])))).toEqual([
      ['square+sum+sum'],
    ]);
    expect(
      names(schedule(plan([x], [sum(square, 0) as Tensor, sum(square, 1) as Tensor])))[0]!.sort(),
    ).toEqual(['square+sum', 'square+sum']);
  });

  it('standardises in stages that depend on one another', () => {
    const x = input(8, 5);
    const centred = sub(x, mean(x, 0)) as Tensor;
    const deviation = sqrt(mean(mul(centred, centred) as Tensor, 0) as Tensor);
    const stages = schedule(plan([x], [mul(centred, deviation) as Tensor]));
    const at = new Map<Tensor, number>();
    stages.forEach((works, stage) => {
      for (const work of works)
        for (const node of work.kind === 'group' ? [...work.outputs, ...work.reductions] : [work.result])
          at.set(node, stage);
    });
    stages.forEach((works, stage) => {
      for (const work of works)
        for (const operand of work.kind === 'group' ? work.inputs : work.node.inputs)
          if (at.has(operand)) expect(at.get(operand)!).toBeLessThan(stage);
    });
  });

  it('computes a mask where it is used, not where it could be known first', () => {
    const [x, w, v] = [input(1, 6, 6, 2), input(1, 1, 2, 2), input(1, 6, 6, 2)];
    const mask = greater(x, 0) as Tensor;
    const late = conv2d(conv2d(v, w) as Tensor, w) as Tensor;
    expect(names(schedule(plan([x, w, v], [mul(mask, late) as Tensor])))).toEqual([
      ['conv2d'],
      ['conv2d'],
      ['greater+mul'],
    ]);
  });

  it('looks through reshapes', () => {
    const x = input(2, 6);
    const stages = schedule(plan([x], [sum(reshape(mul(x, 3), [3, 4]) as Tensor, 0) as Tensor]));
    expect(names(stages)).toEqual([['mul'], ['sum']]);
  });
});

/** `capsnet inspect` in this process: its text, its JSON, the kernels of both kinds of backends, and what it refuses. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../main.js';
import { functionIn, kernelSource } from '../plans/kernelSource.js';

afterEach(() => void vi.restoreAllMocks());

/** Runs a command line and gives what it wrote. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
  const code = await main(args);
  vi.restoreAllMocks();
  return { code, out, err };
}

const wasm = ['--batch', '1', '--backend', 'wasm', '--threads', '1'];

describe('capsnet inspect', () => {
  it('prints graph, steps and memory', async () => {
    const { code, out } = await run('inspect', 'efficient-capsnet', ...wasm);
    expect(code).toBe(0);
    expect(out).toMatch(/graph: [\d,]+ inputs, [\d,]+ nodes/);
    expect(out).toMatch(/%\d+ = conv2d\(%\d+, %\d+\)/);
    expect(out).toMatch(/plan: \d+ steps/);
    expect(out).toMatch(/memory: [\d,]+ bytes/);
  }, 120_000);

  it('says the same as JSON, also of a training step', async () => {
    const { out } = await run('inspect', '--training', ...wasm, '--json');
    const plan = JSON.parse(out);
    expect(plan).toMatchObject({
      event: 'plan',
      subject: 'efficient-capsnet',
      name: 'train efficient-capsnet',
    });
    expect(plan.steps.map((step: { kernel: string }) => step.kernel)).toContain('adam');
    expect(plan.memory.total).toBeGreaterThan(plan.memory.arena);
    const names = new Set(plan.nodes.map((node: { name: string }) => node.name));
    for (const node of plan.nodes) for (const operand of node.operands) expect(names).toContain(operand);
  }, 120_000);

  it('shows the AssemblyScript of a step of wasm, and the text that gpu made for one', async () => {
    const ofWasm = await run('inspect', ...wasm, '--step', '0');
    expect(ofWasm.out).toMatch(/packages\/tensor\/assembly\/\w+\.ts:\d+/);
    expect(ofWasm.out).toContain('export function ');
    const ofGpu = await run('inspect', 'cnn', '--batch', '1', '--backend', 'gpu:cpu', '--step', '0');
    expect(ofGpu.out).toMatch(/^function \(/m);
    expect(ofGpu.out).toContain('this.thread.x');
  }, 120_000);

  it('refuses in one sentence what is not there', async () => {
    const step = await run('inspect', ...wasm, '--step', '5000');
    expect(step).toMatchObject({ code: 2, out: '' });
    expect(step.err).toMatch(/--step 5000: the plan has steps 0 to \d+/);
    const model = await run('inspect', 'eficient-capsnet', ...wasm);
    expect(model.code).toBe(2);
    expect(model.err).toContain('Did you mean "efficient-capsnet"?');
    const file = await run('inspect', 'nowhere/x.safetensors', ...wasm);
    expect(file.code).toBe(2);
    expect(file.err.trim().split('\n')).toHaveLength(1);
  }, 120_000);
});

describe('kernelSource', () => {
  it('cuts a function out of a file, with its comment', () => {
    const text =
      'const A = 1;\n\n/** Doubles. */\nexport function twice(x: i32): i32 {\n  return 2 * x;\n}\n';
    expect(functionIn(text, 'twice')).toEqual({
      line: 4,
      text: '/** Doubles. */\nexport function twice(x: i32): i32 {\n  return 2 * x;\n}',
    });
    expect(functionIn(text, 'thrice')).toBeUndefined();
  });

  it('knows every kernel of the engine, and says nothing without the repository', () => {
    for (const kernel of ['fused', 'matmul', 'squash', 'winogradForward', 'adam'])
      expect(kernelSource(kernel)?.file).toMatch(/^packages\/tensor\/assembly\//);
    expect(kernelSource('matmul', '/nowhere/weights')).toBeUndefined();
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { capsnet, temporaryFolder } from './cli.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const binary = fileURLToPath(new URL('../../bin/capsnet.js', import.meta.url));
const task = [
  'train',
  '--dataset',
  'digits',
  '--limit-train',
  '64',
  '--limit-test',
  '30',
  '--epochs',
  '1',
  '--out',
  join(folder.path, 'run'),
];

const controlCodes = /[\u001b\r]/;

// A busy machine takes its time, for a start of Node too.
vi.setConfig({ testTimeout: 180_000 });

describe('streams', () => {
  it('without a terminal: the result on standard output, the way there on standard error, no control codes', async () => {
    const run = await capsnet(task, { env: { FORCE_COLOR: '1' } });
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toMatch(/^\d+\.\d\d % of 30 test images right, \d+ wrong/);
    expect(run.stderr).toMatch(/epoch 1\/1 {2}loss \d\.\d{4} acc \d/);
    expect(run.stdout + run.stderr).not.toMatch(controlCodes);
  });

  it('--quiet leaves the result alone', async () => {
    const run = await capsnet([...task, '--quiet']);
    expect(run.stderr).toBe('');
    expect(run.stdout).toMatch(/ of 30 test images right/);
  });

  // util-linux' `script` lends a terminal to a command.
  const terminal = spawnSync('script', ['--version']).status === 0;
  const onTerminal = (env: Readonly<Record<string, string>>): string => {
    const log = join(folder.path, 'typescript');
    const command = ['node', binary, ...task].map((word) => `'${word}'`).join(' ');
    const { NO_COLOR: _colour, ...inherited } = process.env;
    const result = spawnSync('script', ['-qec', command, log], {
      env: { ...inherited, TERM: 'xterm', ...env },
      encoding: 'utf8',
    });
    expect(result.status, result.stdout).toBe(0);
    return readFileSync(log, 'utf8');
  };

  const colour = /\u001b\[(3\d|1|2)m/;

  it.skipIf(!terminal)('on a terminal there is a bar, in colour, and the cursor comes back', () => {
    const text = onTerminal({});
    expect(text).toMatch(/[█░]{6,}/);
    expect(text).toMatch(colour);
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
  });

  it.skipIf(!terminal)('NO_COLOR takes the colours away, not the bar', () => {
    const text = onTerminal({ NO_COLOR: '1' });
    expect(text).toMatch(/[█░]{6,}/);
    expect(text).not.toMatch(colour);
  });
});

describe('info and doctor', () => {
  it('info answers in less than half a second of processor time', async () => {
    // By the clock it is the same on an idle machine; beside other tests the clock tells of them.
    const report = join(folder.path, 'used.mjs');
    writeFileSync(
      report,
      'process.on("exit", () => { const { user, system } = process.cpuUsage(); console.error("used", (user + system) / 1e6); });',
    );
    let best = Infinity;
    for (let attempt = 0; attempt < 5 && best > 0.5; attempt++) {
      const run = await capsnet(['info', 'efficient-capsnet'], {
        env: { NODE_OPTIONS: `--import ${pathToFileURL(report).href}` },
      });
      expect(run.code, run.stderr).toBe(0);
      expect(run.stdout).toContain('conv1');
      best = Math.min(best, Number(/used ([\d.]+)/.exec(run.stderr)?.[1]));
    }
    expect(best).toBeLessThan(0.5);
  });

  it('doctor says what is used and why', async () => {
    const run = await capsnet(['doctor']);
    expect(run.code, run.stderr).toBe(0);
    for (const word of [
      'Node',
      'processor',
      'SIMD',
      'relaxed SIMD',
      'threads',
      'backend wasm',
      'backend reference',
      'Used:',
      'Why:',
    ]) {
      expect(run.stdout).toContain(word);
    }
    const [report] = (await capsnet(['doctor', '--json'])).events() as [
      { event: string; backends: { name: string; works: boolean }[] },
    ];
    expect(report.event).toBe('doctor');
    expect(report.backends.find(({ name }) => name === 'reference')?.works).toBe(true);
  });
});

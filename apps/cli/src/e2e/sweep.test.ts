/** `capsnet sweep` with real trainings: killed, gone on with, ranked; and `capsnet compare` on what it leaves. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writerOf } from '../runs/lock.js';
import { binary, capsnet, temporaryFolder } from './cli.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const minutes = 240_000;
const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('capsnet sweep', () => {
  it(
    'is killed, goes on without repeating anything, and ends with the weights of single runs',
    async () => {
      const file = join(folder.path, 'rates.json');
      const out = join(folder.path, 'rates');
      const base = { dataset: 'digits', limitTrain: 60, limitTest: 20, epochs: 2, saveEvery: 1 };
      writeFileSync(file, JSON.stringify({ base, grid: { lr: [0.001, 0.002] } }));
      const planned = (await capsnet(['sweep', file, '--out', out, '--dry-run', '--json'])).events();
      const [first, second] = planned.map(({ directory }) => String(directory)) as [string, string];

      const child = spawn(process.execPath, [binary, 'sweep', file, '--out', out], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.on('close', resolve));
      while (!existsSync(join(second, 'last', 'checkpoint.safetensors'))) await pause(20);
      child.kill('SIGKILL');
      await ended;
      // The run that it had started may be at work for a while: the next sweep waits for it.
      const before = statSync(join(first, 'result.json')).mtimeMs;
      const again = await capsnet(['sweep', file, '--out', out, '--jobs', '2', '--json']);
      expect(again.code, again.stderr).toBe(0);
      expect(writerOf(second)).toBeUndefined();
      expect(statSync(join(first, 'result.json')).mtimeMs).toBe(before);
      const done = again.events().at(-1) as { event: string; ranking: { rank: number; directory: string }[] };
      expect(done).toMatchObject({ event: 'done', failed: [] });
      expect(done.ranking.map(({ rank }) => rank)).toEqual([1, 2]);
      expect(done.ranking.map(({ directory }) => directory).sort()).toEqual([first, second].sort());

      const single = join(folder.path, 'single');
      const alone = await capsnet(['train', '--config', join(second, 'config.json'), '--out', single]);
      expect(alone.code, alone.stderr).toBe(0);
      const weights = (run: string): Buffer => readFileSync(join(run, 'best.safetensors'));
      expect(weights(single).equals(weights(second))).toBe(true);

      const report = join(folder.path, 'compare.html');
      const compared = await capsnet(['compare', first, second, '--report', report]);
      expect(compared.code, compared.stderr).toBe(0);
      expect(compared.stdout).toMatch(/^run +epochs +best +chosen on +test +time +lr\n/);
      expect(readFileSync(report, 'utf8')).toContain('Learning curves');
      expect(readdirSync(out).sort()).toEqual(planned.map(({ name }) => name).sort());
    },
    minutes,
  );

  it(
    'tells which run failed and why, ranks the others, ends with 1',
    async () => {
      const file = join(folder.path, 'failing.json');
      const base = { dataset: 'digits', limitTrain: 40, limitTest: 20, epochs: 1 };
      writeFileSync(file, JSON.stringify({ base, grid: { lr: [1e30, 0.001] } }));
      const run = await capsnet(['sweep', file, '--out', join(folder.path, 'failing'), '--quiet']);
      expect(run.code).toBe(1);
      expect(run.stderr).toMatch(/^capsnet: 1 of 2 runs failed, the first is lr-1e\+30-\w+: .*not finite/);
      expect(run.stdout).toMatch(/^1 {2}lr 0\.001 /m);
    },
    minutes,
  );

  it(
    'Ctrl-C lets the runs keep their state, and says how to go on',
    async () => {
      const file = join(folder.path, 'long.json');
      const out = join(folder.path, 'long');
      const base = { dataset: 'digits', limitTrain: 20_000, limitTest: 20, epochs: 50, saveEvery: 1 };
      writeFileSync(file, JSON.stringify({ base, list: [{ lr: 0.001 }] }));
      let signalled = false;
      const watched = async (signal: (name: NodeJS.Signals) => void): Promise<void> => {
        const [name] = (await capsnet(['sweep', file, '--out', out, '--dry-run', '--json'])).events();
        const state = join(String(name!['directory']), 'last', 'checkpoint.safetensors');
        while (!existsSync(state)) await pause(20);
        signal('SIGINT');
      };
      let watching: Promise<void> | undefined;
      const run = await capsnet(['sweep', file, '--out', out], {
        onError(text, signal) {
          if (signalled || !text.includes('starting: lr 0.001')) return;
          signalled = true;
          watching = watched(signal);
        },
      });
      await watching;
      expect(run.code).toBe(130);
      expect(run.stderr.trimEnd().split('\n').at(-1)).toBe(
        `capsnet: stopped: 0 of 1 run are done. Go on with: capsnet sweep ${file} --out ${out}`,
      );
      for (const name of readdirSync(out)) {
        expect(existsSync(join(out, name, 'run.lock'))).toBe(false);
        expect(existsSync(join(out, name, 'last', 'checkpoint.safetensors'))).toBe(true);
      }
    },
    minutes,
  );
});

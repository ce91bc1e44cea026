/**
 * Disks that fill up, become read-only or vanish under a training: one sentence, exit code 1, and the checkpoint before is as good as it was. Small file systems are
 * mounted in a namespace of their own (Linux), where they touch nothing else and end with their process.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { binary, capsnet, temporaryFolder } from './cli.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const at = (name: string): string => join(folder.path, name);
const minutes = 240_000;

const task = [
  ...[
    'train',
    '--dataset',
    'digits',
    '--limit-train',
    '60',
    '--limit-test',
    '20',
    '--epochs',
    '2',
    '--seed',
    '5',
  ],
  ...['--save-every', '1', '--threads', '1'],
];

/** How a process gets mounts of its own: as an ordinary user where the system lets one, else as root; undefined where it may not. */
const namespace = [['-rm'], ['-m']].find((flags) => {
  const probe = spawnSync('unshare', [...flags, 'mount', '-t', 'tmpfs', 'tmpfs', folder.path]);
  return probe.status === 0;
});

interface ScriptResult {
  readonly code: number | null;
  readonly text: string;
}

/** Runs a shell script with mounts of its own; `capsnet`, `$D` (an empty folder) and `$TASK` are at hand. */
const script = (lines: readonly string[]): Promise<ScriptResult> =>
  new Promise((resolve, reject) => {
    mkdirSync(at('disk'), { recursive: true });
    const quoted = (word: string): string => `'${word}'`;
    const text = [
      `capsnet() { ${quoted(process.execPath)} ${quoted(binary)} "$@"; }`,
      `D=${quoted(at('disk'))}`,
      `TASK="${task.join(' ')}"`,
      ...lines,
    ].join('\n');
    const child = spawn('unshare', [...namespace!, 'sh', '-c', text], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => (out += more));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text: out }));
  });

describe('a training whose disk fails', () => {
  let whole = '';
  beforeAll(async () => {
    const run = await capsnet([...task, '--out', at('whole')]);
    expect(run.code, run.stderr).toBe(0);
    whole = createHash('sha256')
      .update(readFileSync(join(at('whole'), 'best.safetensors')))
      .digest('hex');
  }, minutes);

  it.skipIf(!namespace)(
    'ends when the disk is full, leaves a checkpoint, and goes on to the same bytes when there is room',
    async () => {
      // Room for two checkpoints of 19 MB and the weights, not for the third file that replaces one.
      const { code, text } = await script([
        'mount -t tmpfs -o size=50m tmpfs "$D" || exit 90',
        'capsnet $TASK --out "$D/run" --quiet; echo "ended with $?"',
        'ls -A "$D/run" "$D/run/last"',
        // The disk is as full as before: still nothing is lost.
        'head -c 50m /dev/zero > "$D/filler" 2>/dev/null',
        'capsnet train --resume "$D/run" --quiet; echo "resumed in vain with $?"',
        'rm "$D/filler"; mount -o remount,size=200m "$D" || exit 91',
        'capsnet train --resume "$D/run" --quiet; echo "resumed with $?"',
        'sha256sum "$D/run/best.safetensors"',
      ]);
      expect(code, text).toBe(0);
      expect(text).toMatch(
        /^capsnet: writing .*checkpoint\.safetensors failed \(no space is left on the device\), so the run has stopped\. The last good checkpoint is .*checkpoint\.safetensors\.\nended with 1$/m,
      );
      expect(text).toMatch(/^checkpoint\.safetensors\nprevious\.safetensors$/m);
      expect(text).not.toMatch(/\.tmp$|\bat .*:\d+:\d+/m);
      expect(text).toMatch(/^capsnet: .*no space is left on the device.*\nresumed in vain with [12]$/m);
      expect(text).toMatch(/^resumed with 0$/m);
      expect(text).toContain(whole);
    },
    minutes,
  );

  it.skipIf(!namespace)(
    'ends when the folder becomes read-only, and goes on to the same bytes when it no longer is',
    async () => {
      const { code, text } = await script([
        'mount -t tmpfs tmpfs "$D" || exit 90',
        // A second view of it that is read-only goes over it in one step: one that became read-only in its place would be busy just when a file is written.
        'mkdir -p "$D.view" && mount --bind "$D" "$D.view" && mount -o remount,bind,ro "$D.view" || exit 91',
        'capsnet $TASK --out "$D/run" --quiet & process=$!',
        'until [ -e "$D/run/last/previous.safetensors" ] || ! kill -0 $process; do sleep 0.05; done',
        'mount --move "$D.view" "$D" || exit 92',
        'wait $process; echo "ended with $?"',
        'capsnet train --resume "$D/run" --quiet; echo "refused with $?"',
        'umount "$D" || exit 93',
        'capsnet train --resume "$D/run" --quiet; echo "resumed with $?"',
        'sha256sum "$D/run/best.safetensors"',
      ]);
      expect(code, text).toBe(0);
      expect(text).toMatch(
        /^capsnet: writing .* failed \(the file system is read-only\), so the run has stopped\. The last good checkpoint is .*\nended with 1$/m,
      );
      expect(text).toMatch(
        /^capsnet: --resume: the folder .* cannot be written to \(the file system is read-only\).*\nrefused with 2$/m,
      );
      expect(text).toMatch(/^resumed with 0$/m);
      expect(text).toContain(whole);
    },
    minutes,
  );

  it(
    'ends when the folder is removed, and says that all is gone',
    async () => {
      const out = at('removed');
      const run = capsnet([...task, '--epochs', '2000', '--out', out, '--quiet']);
      while (!existsSync(join(out, 'last', 'checkpoint.safetensors')))
        await new Promise((resolve) => setTimeout(resolve, 20));
      // Files may be written while it is removed.
      rmSync(out, { recursive: true, force: true, maxRetries: 20, retryDelay: 5 });
      const { code, stderr } = await run;
      expect(stderr).toMatch(
        /^capsnet: writing .* failed \(no such file or directory\), so the run has stopped\. The folder of the run is gone, with all that was kept\.\n$/,
      );
      expect(code).toBe(1);
    },
    minutes,
  );
});

/** The pieces around Slurm, without it; scripts/ci/65-slurm.mjs has the real one. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../errors.js';
import type { Event } from '../../output/json.js';
import { createLauncher } from '../launcher.js';
import { follow } from './follow.js';
import { batchScript } from './script.js';
import { exitOf, newFolder, record, submissions, type Submission } from './submissions.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "capsnet slurm's-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the script of a job', () => {
  const runTask = (program: readonly string[], tasks: readonly (readonly string[])[], index: number) => {
    const file = join(folder, 'job.sh');
    writeFileSync(file, batchScript(folder, program, tasks));
    const env = { ...process.env, SLURM_ARRAY_TASK_ID: String(index), SLURM_CPUS_ON_NODE: '3' };
    return spawnSync('bash', [file], { env, encoding: 'utf8' });
  };

  it('calls the program with the words of its task, and threads as Slurm gave processors', () => {
    const odd = ['train', '--out', "a 'b' $HOME * \\", ''];
    const { stderr } = runTask(['printf', '%s|'], [['other'], odd], 1);
    expect(stderr).toBe('');
    expect(readFileSync(join(folder, '1.events'), 'utf8')).toBe([...odd, '--threads', '3', ''].join('|'));
    expect(readFileSync(join(folder, '1.exit'), 'utf8')).toBe('0\n');
    runTask(['printf', '%s|'], [['--threads', '1']], 0);
    expect(readFileSync(join(folder, '0.events'), 'utf8')).toBe('--threads|1|');
  });

  it('leaves the exit code behind, and waits for what keeps its state at a signal', () => {
    expect(runTask(['bash', '-c', 'exit 7'], [[]], 0).status).toBe(7);
    expect(readFileSync(join(folder, '0.exit'), 'utf8')).toBe('7\n');
    // The program signals the script, is told itself, and takes its time.
    const program = [
      'bash',
      '-c',
      "trap 'sleep 0.2; echo kept; exit 130' TERM; kill -TERM $PPID; sleep 5 > /dev/null 2>&1 & wait",
    ];
    expect(runTask(program, [[]], 0).status).toBe(130);
    expect(readFileSync(join(folder, '0.events'), 'utf8')).toBe('kept\n');
  });
});

describe('a task that is followed', () => {
  const begin = (): { submission: Submission; events: Event[]; task: ReturnType<typeof follow> } => {
    const submission = { folder: newFolder(folder), job: '12', names: ['a', 'b'] };
    record(submission);
    const events: Event[] = [];
    return { submission, events, task: follow(submission, 1, (event) => events.push(event)) };
  };
  const write = ({ folder: at }: Submission, name: string, text: string): void =>
    appendFileSync(join(at, name), text);

  it('is heard line by line, and ends with what it left', () => {
    const { submission, events, task } = begin();
    expect(task.look()).toBeUndefined();
    write(submission, '1.events', '{"event":"epoch","epoch":1}\n{"event":"ep');
    expect(task.look()).toBeUndefined();
    expect(events).toEqual([{ event: 'epoch', epoch: 1 }]);
    write(submission, '1.events', 'och","epoch":2}\n');
    write(submission, '1.log', 'capsnet: the loss is not finite.\n');
    write(submission, '1.exit', '1\n');
    expect(task.look()).toEqual({ code: 1, words: 'capsnet: the loss is not finite.' });
    expect(events).toHaveLength(2);
    expect(exitOf(submission, 1)).toBe(1);
    expect(exitOf(submission, 0)).toBeUndefined();
  });

  it('that the queue ended without a word is told', () => {
    const { task } = begin();
    expect(task.hear('RUNNING')).toBeUndefined();
    expect(task.hear('OUT_OF_MEMORY')).toBeUndefined();
    expect(task.hear('OUT_OF_MEMORY')).toEqual({
      code: null,
      words: '\nSlurm ended task 12_1: OUT_OF_MEMORY.',
    });
  });

  it('is found again by a later sweep, the latest submission first', () => {
    const { submission } = begin();
    const later = { folder: newFolder(folder), job: '112', names: ['b'] };
    record(later);
    expect(submissions(folder)).toEqual([later, submission]);
    expect(submissions(join(folder, 'nothing'))).toEqual([]);
  });
});

it('without Slurm says what to install', () => {
  vi.stubEnv('PATH', folder);
  const start = () =>
    createLauncher('slurm', { directory: folder, jobs: 1, submitOptions: [], say: () => undefined });
  expect(start).toThrow(UserError);
  expect(start).toThrow('apt install slurm-client');
  vi.unstubAllEnvs();
});

/**
 * Runs in the queue of a Slurm cluster: all that a sweep starts at once is one job array. The queue and the runs need no accounts: how a task stands is
 * read from `squeue`, how it ended and what it said from files in the folder of the runs, which all nodes must see.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../output/json.js';
import type { Job, JobEnd, Launcher, LauncherOptions } from '../launcher.js';
import { follow, type Followed } from './follow.js';
import { askToStop, complaintOf, isLive, kill, requireSlurm, statesOf, submit } from './queue.js';
import { batchScript } from './script.js';
import { exitOf, newFolder, record, submissions, type Submission } from './submissions.js';

const binary = fileURLToPath(new URL('../../../bin/capsnet.js', import.meta.url));

/** Milliseconds between looks at the files of tasks, and looks at the files between questions to the queue. */
const pause = 1000;
const looksPerQuestion = 5;
/** Tasks of an array: Slurm's own limit is 1001 unless the cluster raised it. */
const largestArray = 1000;

interface Waiting {
  readonly job: Job;
  readonly onEvent: (event: Event) => void;
  readonly end: (end: JobEnd) => void;
}

/** Starts jobs as tasks of job arrays. @throws UserError when Slurm is not installed */
export function slurmLauncher({ directory, jobs, submitOptions, say }: LauncherOptions): Launcher {
  requireSlurm();
  let gathered: Waiting[] = [];
  const followed = new Map<Followed, Waiting>();
  let following = false;
  let stops = 0;
  let unanswered = false;

  const end = (one: Followed, how: JobEnd | undefined): void => {
    if (how === undefined) return;
    followed.get(one)?.end(how);
    followed.delete(one);
  };

  async function ask(): Promise<void> {
    for (const job of new Set([...followed.keys()].map(({ task }) => task.job))) {
      const states = await statesOf(job).catch((error: unknown) => {
        if (!unanswered) say(`The queue does not answer, and is asked again: ${complaintOf(error)}`);
        unanswered = true;
        return undefined;
      });
      if (states === undefined) continue;
      unanswered = false;
      for (const one of [...followed.keys()].filter(({ task }) => task.job === job))
        end(one, one.hear(states.get(one.task.index)));
    }
  }

  async function keepFollowing(): Promise<void> {
    if (following) return;
    following = true;
    for (let looks = 1; followed.size > 0; looks++) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      for (const one of followed.keys()) end(one, one.look());
      if (looks % looksPerQuestion === 0) await ask();
    }
    following = false;
  }

  function take(submission: Submission, index: number, waiting: Waiting): void {
    const one = follow(submission, index, waiting.onEvent);
    followed.set(one, waiting);
    if (stops > 0) askToStop([one.task]);
  }

  /** What an earlier sweep submitted and is still at work, or waits. */
  async function found(waiting: readonly Waiting[]): Promise<Set<Waiting>> {
    const taken = new Set<Waiting>();
    for (const submission of submissions(directory)) {
      const open = waiting.flatMap((one) => {
        const index = submission.names.indexOf(one.job.name);
        return taken.has(one) || index < 0 || exitOf(submission, index) !== undefined ? [] : [{ one, index }];
      });
      if (open.length === 0) continue;
      const states = await statesOf(submission.job);
      for (const { one, index } of open) {
        if (!isLive(states.get(index))) continue;
        taken.add(one);
        take(submission, index, one);
      }
    }
    if (taken.size > 0) say(`${taken.size} of the runs are in the queue already, and are followed.`);
    return taken;
  }

  async function submitAll(waiting: readonly Waiting[]): Promise<void> {
    for (let from = 0; from < waiting.length; from += largestArray) {
      const some = waiting.slice(from, from + largestArray);
      const folder = newFolder(directory);
      const script = join(folder, 'job.sh');
      const tasks = some.map(({ job }) => job.args);
      writeFileSync(script, batchScript(folder, [process.execPath, binary], tasks));
      const job = await submit(script, some.length, jobs, join(folder, '%a.log'), submitOptions);
      const submission: Submission = { folder, job, names: some.map((one) => one.job.name) };
      record(submission);
      say(`submitted as Slurm job ${job}, tasks 0 to ${some.length - 1}; their logs: ${folder}`);
      some.forEach((one, index) => take(submission, index, one));
    }
  }

  async function flush(): Promise<void> {
    const waiting = gathered;
    gathered = [];
    try {
      const taken = await found(waiting);
      const fresh = waiting.filter((one) => !taken.has(one));
      if (stops === 0) await submitAll(fresh);
      else for (const one of fresh) one.end({ code: null, words: 'stopped before it was submitted' });
    } catch (error) {
      const followedNow = new Set(followed.values());
      for (const one of waiting.filter((each) => !followedNow.has(each)))
        one.end({ code: null, words: complaintOf(error) });
    }
    await keepFollowing();
  }

  return {
    name: 'slurm',
    queues: true,
    start(job, onEvent) {
      let stopsOfThis = 0;
      const ended = new Promise<JobEnd>((resolve) => {
        gathered.push({ job, onEvent, end: resolve });
        // Whatever is started in one go is one array.
        if (gathered.length === 1) setTimeout(() => void flush(), 0);
      });
      return {
        ended,
        // The runs of a sweep are stopped together.
        stop() {
          stopsOfThis += 1;
          if (stopsOfThis <= stops) return;
          stops = stopsOfThis;
          const tasks = [...followed.keys()].map(({ task }) => task);
          if (tasks.length > 0) (stops === 1 ? askToStop : kill)(tasks);
        },
      };
    },
  };
}

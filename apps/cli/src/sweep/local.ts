/** Runs as processes on this machine. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Event } from '../output/json.js';
import type { JobEnd, Launcher } from './launcher.js';

const binary = fileURLToPath(new URL('../../bin/capsnet.js', import.meta.url));

/** Characters of standard error that are kept. */
const keptWords = 4000;

/** Starts each job as a process of its own. */
export const localLauncher = (): Launcher => ({
  name: 'local',
  queues: false,
  start({ args }, onEvent) {
    // Detached: Ctrl-C in a terminal goes to all processes of its group, and one that had it twice would stop without keeping its state.
    const child = spawn(process.execPath, [binary, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let line = '';
    let words = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (line + text).split('\n');
      line = lines.pop()!;
      for (const one of lines) if (one !== '') onEvent(JSON.parse(one) as Event);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-keptWords);
    });
    const ended = new Promise<JobEnd>((resolve) => {
      child.on('error', (error) => resolve({ code: null, words: error.message }));
      child.on('close', (code) => resolve({ code, words: words.trim() }));
    });
    return { ended, stop: () => void child.kill('SIGINT') };
  },
});

/** Whether other processes live: who left a file behind, who still writes to a folder. */

/** Whether a process of this number runs on this machine. (Numbers are used again: true may be said of another one.) */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

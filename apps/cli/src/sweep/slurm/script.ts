/** The script that Slurm runs for each task of a job array: one run of a sweep. */
import { quoted } from '../../output/format.js';

/** Files of a task, beneath the folder of its submission. */
export const taskFiles = (index: number) =>
  ({ events: `${index}.events`, log: `${index}.log`, exit: `${index}.exit` }) as const;

/**
 * The text of the script. Each task takes its arguments by its number, writes what it prints to `N.events`, and how it ended to `N.exit`: the queue
 * forgets what has ended, and a cluster may keep no accounts.
 *
 * @param folder of the submission, absolute
 * @param program what is called, and its first arguments
 * @param tasks arguments of each task
 */
export function batchScript(
  folder: string,
  program: readonly string[],
  tasks: readonly (readonly string[])[],
): string {
  const cases = tasks.map((args, index) => `  ${index}) set -- ${args.map(quoted).join(' ')} ;;`);
  return `#!/bin/bash
# Runs of a sweep of capsnet, one a task. Written by capsnet sweep --launcher slurm.
task=${quoted(folder)}/$SLURM_ARRAY_TASK_ID
case "$SLURM_ARRAY_TASK_ID" in
${cases.join('\n')}
esac
# The processors that Slurm gave; the weights are the same with any number of them.
case " $* " in
  *' --threads '*) ;;
  *) set -- "$@" --threads "\${SLURM_CPUS_ON_NODE:-1}" ;;
esac
${program.map(quoted).join(' ')} "$@" > "$task.events" &
training=$!
trap 'kill "$training"' INT TERM
# A signal ends the wait and not the training, which keeps its state first.
while wait "$training"; code=$?; kill -0 "$training" 2> /dev/null; do :; done
echo "$code" > "$task.exit.part"
mv "$task.exit.part" "$task.exit"
exit "$code"
`;
}

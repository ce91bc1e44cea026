// `npm start`: on a fresh clone, the whole line end to end. Installs, builds, trains Efficient-CapsNet on generated
// digits (no download), tests it, and writes weights, metrics and a picture of reconstructions into runs/start.
// More arguments go to the command: `npm start -- --epochs 3`.
import { root, run } from './lib/process.mjs';
import { setup } from './lib/setup.mjs';

/** The command that `npm start` runs after the set-up. A few minutes on two cores. */
const command = [
  'train',
  ...['--model', 'efficient-capsnet'],
  ...['--dataset', 'digits'],
  ...['--epochs', '1'],
  ...['--limit-train', '40000'],
  ...['--seed', '1'],
  ...['--out', 'runs/start'],
  ...['--picture', 'runs/start/reconstructions.png'],
];

await setup();
process.chdir(root);
// Ctrl-C reaches the command too, which keeps its checkpoint and ends with its own exit code: wait for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
const { code } = await run(process.execPath, [
  'apps/cli/bin/capsnet.js',
  ...command,
  ...process.argv.slice(2),
]);
if (code === 0) console.log('In this clone the command is: npx capsnet');
process.exit(code);

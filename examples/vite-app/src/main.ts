// The page: starts the engine in a worker, so that it never waits for a training step, and shows what it tells.
import type { Report } from './train';

const show = (id: string, text: string): void => {
  document.getElementById(id)!.textContent = text;
};

const engine = new Worker(new URL('./engine.ts', import.meta.url), { type: 'module' });
engine.onmessage = ({ data }: MessageEvent<Report>) => {
  if (data.kind === 'ready') show('engine', data.backend);
  else if (data.kind === 'failed') show('engine', `failed: ${data.message}`);
  else if (data.kind === 'done') document.title = 'trained';
  else {
    const line = document.createElement('li');
    line.textContent = data.loss.toFixed(4);
    document.getElementById('losses')!.append(line);
  }
};

/** `capsnet playground` serves the built page as a browser needs it, and says so when it cannot. */
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { capsnet } from './cli.js';

describe('capsnet playground', () => {
  it('serves the page with isolation headers until Ctrl-C', async () => {
    let answers: Promise<Response[]> | undefined;
    const run = await capsnet(['playground', '--port', '0', '--no-open'], {
      onOutput: (text, signal) => {
        const url = /^(http:\/\/localhost:\d+\/)\n/.exec(text)?.[1];
        if (answers || !url) return;
        answers = Promise.all(['', 'weights/index.json', 'absent'].map((path) => fetch(url + path)));
        void answers.finally(() => signal('SIGINT'));
      },
    });
    expect(run.code, run.stderr).toBe(0);
    const [page, index, absent] = (await answers!) as [Response, Response, Response];
    expect(page.headers.get('content-type')).toMatch(/text\/html/);
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(page.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(await page.text()).toMatch(/<script type="module"/);
    expect(await index.json()).toContainEqual(expect.objectContaining({ kind: 'efficient-capsnet' }));
    expect(absent.status).toBe(404);
  }, 60_000);

  it('says which port is taken', async () => {
    const other = createServer().listen(0, 'localhost');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const run = await capsnet(['playground', '--port', String(port), '--no-open']);
    other.close();
    expect(run.code).toBe(2);
    expect(run.stderr).toBe(
      `capsnet: port ${port} is taken by another program. Give another one with --port, or 0 for any that is free.\n`,
    );
  }, 60_000);
});

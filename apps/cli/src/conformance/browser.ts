/**
 * The conformance run of a page: what `npm run conformance` does in Node, with reference values from a server. No file of Node is needed
 * on the way here, so a bundler for browsers takes it as it is.
 */
import { createBackend, type BackendRequest } from '@capsnet/tensor';
import { parseIndex, unreadable, type GoldenFolder } from './golden.js';
import { runFolder, type CaseResult } from './run.js';

async function fetched(address: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw unreadable(address, `the server answers ${response.status}`);
  return response;
}

/**
 * The folder behind an address.
 *
 * @param path address of the folder, without a slash at its end
 * @throws UserError when there is no readable `index.json` with a list of cases
 */
export async function fetchFolder(path: string): Promise<GoldenFolder> {
  const index = `${path}/index.json`;
  const cases = parseIndex(await (await fetched(index)).text(), index);
  return {
    path,
    cases,
    read: async (file) => new Uint8Array(await (await fetched(`${path}/${file}`)).arrayBuffer()),
  };
}

/** What a run in a page tells as it goes on. */
export type Told =
  CaseResult | { readonly event: 'backend'; readonly description: string; readonly cases: number };

/**
 * Runs every case, or every one of `names`, on a backend.
 *
 * @param tell is told the backend that really runs, then each result
 * @throws TensorError when the backend does not run in this browser
 */
export async function runInBrowser(
  path: string,
  request: BackendRequest,
  tell: (told: Told) => void,
  names?: readonly string[],
): Promise<void> {
  const folder = await fetchFolder(path);
  const wanted = (name: string): boolean => names?.includes(name) ?? true;
  const backend = await createBackend(request);
  try {
    const cases = folder.cases.filter(({ name }) => wanted(name)).length;
    tell({ event: 'backend', description: backend.description, cases });
    for await (const result of runFolder(folder, backend, ({ name }) => wanted(name))) tell(result);
  } finally {
    await backend.dispose();
  }
}

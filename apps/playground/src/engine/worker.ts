/** The engine's worker: takes the page's calls, one after the other, and answers each. */
import type { Backend } from '@capsnet/tensor';
import {
  failureOf,
  trainedName,
  type Answer,
  type CallName,
  type Calls,
  type EngineEvent,
  type Request,
} from '../protocol.js';
import { startBackend } from './backends.js';
import { Network } from './networks.js';
import { freshWeights, modelToTrain, Training } from './training.js';

/** What a dedicated worker's global offers; the page's types stand in the way of the real ones. */
const scope = globalThis as unknown as {
  postMessage(message: Answer | EngineEvent, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
};

let backend: Backend | undefined;
let training: Training | undefined;
const networks = new Map<string, Network>();

function networkNamed(name: string): Network {
  const network = networks.get(name);
  if (!network)
    throw new Error(`There are no weights "${name}" here. Choose others, or load the file again.`);
  return network;
}

function hold(network: Network): Network {
  networks.get(network.info.name)?.release();
  networks.set(network.info.name, network);
  return network;
}

const handlers: {
  [Name in CallName]: (given: Calls[Name]['arguments']) => Promise<Calls[Name]['result']>;
} = {
  async start({ choice }) {
    const started = await startBackend(choice);
    await backend?.dispose();
    backend = started.backend;
    return started.info;
  },
  load: async ({ name, bytes }) => hold(await Network.fromFile(name, bytes)).info,
  encode: ({ network, images, count }) => networkNamed(network).encode(images, count),
  decode: ({ network, vectors, classes }) => networkNamed(network).decode(vectors, classes),
  async train(options) {
    training?.stop();
    const model = modelToTrain(options);
    // The trainer takes its weights over, so the network that the page looks at starts with its own.
    const network = hold(
      Network.of(trainedName, model, freshWeights(model, options.seed), {
        dataset: 'generate' in options.data ? 'digits' : options.data.name,
      }),
    );
    training = new Training(options, model, freshWeights(model, options.seed), network, (event) =>
      scope.postMessage(event),
    );
    void training.run();
    return network.info;
  },
  async pause({ paused }) {
    training?.pause(paused);
    return null;
  },
  async stop() {
    training?.stop();
    training = undefined;
    return null;
  },
  weights: ({ network }) => networkNamed(network).file(),
};

/** The buffers of an answer move to the page rather than being copied. */
const buffersOf = (result: unknown): Transferable[] =>
  typeof result === 'object' && result !== null
    ? [result, ...(Object.values(result) as unknown[])].flatMap((value) =>
        ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer && value.byteLength > 0
          ? [value.buffer]
          : [],
      )
    : [];

async function answer({ id, name, arguments: given }: Request): Promise<void> {
  try {
    const result = await (handlers[name] as (given: unknown) => Promise<unknown>)(given);
    scope.postMessage({ id, result }, buffersOf(result));
  } catch (error) {
    scope.postMessage({ id, error: failureOf(error) });
  }
}

// One call at a time: two runs of one plan share its memory.
let last: Promise<void> = Promise.resolve();
scope.onmessage = ({ data }) => {
  last = last.then(() => answer(data));
};

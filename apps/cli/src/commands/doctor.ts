/**
 * `capsnet doctor`: what this machine offers, what of it is used, and why.
 */
import { createBackend } from '@capsnet/tensor';
import { createConsole } from '../output/console.js';
import { emit } from '../output/json.js';
import { triedBackends, tryBackend, type BackendReport } from '../machine/backends.js';
import { machineFeatures, type MachineFeatures } from '../machine/features.js';

export interface DoctorFlags {
  readonly threads?: number;
  readonly json?: boolean;
}

interface Finding {
  readonly what: string;
  readonly value: string;
  /** `ok`: used; `absent`: not there, and what that means; `note`: neither good nor bad. */
  readonly state: 'ok' | 'absent' | 'note';
}

/** Runs the command. */
export async function doctor(flags: DoctorFlags): Promise<void> {
  const console = createConsole();
  const machine = machineFeatures();
  const backends: BackendReport[] = [];
  for (const name of triedBackends) backends.push(await tryBackend(name, flags.threads));
  const automatic = await automaticChoice(flags.threads, backends);

  if (flags.json) {
    emit(console, { event: 'doctor', machine, backends, used: automatic });
    return;
  }
  const { colours } = console;
  const findings = [...describeMachine(machine), ...backends.map(describeBackend)];
  const width = Math.max(...findings.map(({ what }) => what.length));
  const mark = { ok: colours.result.green('yes '), absent: colours.result.yellow('no  '), note: '    ' };
  for (const { what, value, state } of findings)
    console.result(`${what.padEnd(width)}  ${mark[state]}${value}\n`);
  console.result(
    `\n${automatic.backend === undefined ? automatic.why : `Used: ${automatic.backend}\n${automatic.why}`}\n`,
  );
}

function describeMachine(machine: MachineFeatures): Finding[] {
  const relaxed = {
    native: 'on: fused multiply-add, about 7 % faster',
    flag: 'behind a flag of V8, which the engine sets itself before it starts',
    no: 'absent: plain SIMD is used, about 7 % slower',
  }[machine.relaxedSimd];
  return [
    { what: 'Node', value: `${machine.node} (V8 ${machine.v8}), ${machine.platform}`, state: 'note' },
    {
      what: 'processor',
      value: `${machine.processor}, ${machine.cores} core${machine.cores === 1 ? '' : 's'} for this process`,
      state: 'note',
    },
    {
      what: 'SIMD',
      value: machine.simd ? '128-bit vectors in WebAssembly' : 'absent: update Node',
      state: machine.simd ? 'ok' : 'absent',
    },
    { what: 'relaxed SIMD', value: relaxed, state: machine.relaxedSimd === 'no' ? 'absent' : 'ok' },
    {
      what: 'threads',
      value: machine.sharedMemory
        ? `shared memory; by default as many as cores (${machine.cores})`
        : 'no shared WebAssembly memory: one thread only',
      state: machine.sharedMemory ? 'ok' : 'absent',
    },
  ];
}

const describeBackend = ({ name, works, detail, gigaflops }: BackendReport): Finding => ({
  what: `backend ${name}`,
  value:
    gigaflops === undefined
      ? detail
      : `${detail}: ${gigaflops.toFixed(gigaflops < 10 ? 2 : 0)} GFLOP/s in a 256 x 256 product`,
  state: works ? 'ok' : 'absent',
});

/** What `--backend auto` would use, asked of the engine itself. */
async function automaticChoice(
  threads: number | undefined,
  reports: readonly BackendReport[],
): Promise<{ backend?: string; why: string }> {
  try {
    const backend = await createBackend('auto', threads === undefined ? {} : { threads });
    const { name, description } = backend;
    await backend.dispose();
    const webgpu = reports.find((report) => report.name === 'gpu:webgpu');
    const noGraphics = webgpu?.works
      ? 'the graphics adapter is a software one, which does not count'
      : 'no graphics processor can be used (backend gpu:webgpu says why)';
    const why = {
      wasm: `Why: it is the fastest backend that runs here; ${noGraphics}.`,
      gpu: 'Why: a graphics processor answers (WebGPU).',
      reference: 'Why: WebAssembly SIMD is absent here; the reference backend is exact and slow.',
    }[name];
    return { backend: description, why };
  } catch (error) {
    return {
      why: `No backend can be chosen automatically: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

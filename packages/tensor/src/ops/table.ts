/** Every operation of the engine. `OpName` follows from it; derivatives and backends are total over it. */
import * as capsule from './capsule.js';
import * as contractions from './contractions.js';
import { custom } from './custom.js';
import * as elementwise from './elementwise.js';
import * as movement from './movement.js';
import * as reductions from './reductions.js';
import * as sources from './sources.js';
import type { OpDefinition } from './define.js';

const { longestSquashed: _cap, squashFactors: _factors, ...capsuleOps } = capsule;

/** Every operation by name: its type rule, its reference definition and the samples that backends are tried on. */
export const ops = {
  ...sources,
  ...elementwise,
  ...reductions,
  ...contractions,
  ...movement,
  ...capsuleOps,
  custom,
} as const;

export type OpTable = typeof ops;
/** Names of the operations. Derivative rules and backends are records over it, so one that is missing does not compile. */
export type OpName = keyof OpTable;
/** The attributes of the operation `Name`: what it needs to know besides its operands. */
export type AttributesOf<Name extends OpName> =
  OpTable[Name] extends OpDefinition<string, infer Attributes> ? Attributes : never;

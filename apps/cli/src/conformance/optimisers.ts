import type { Operation } from './operations.js';
export const optimiserOperations: Readonly<Record<string, Operation>> = {};

/** @capsnet/cli: the command `capsnet` as a function, for programs that want to call it in their own process. */
export { main } from './main.js';

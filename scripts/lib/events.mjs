// Reading the JSON lines of a command.

/**
 * @param {string} output
 * @returns {any[]} the objects among its lines
 */
export const jsonLines = (output) =>
  output.split('\n').flatMap((line) => {
    try {
      return line.startsWith('{') ? [JSON.parse(line)] : [];
    } catch {
      return [];
    }
  });

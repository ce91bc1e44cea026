// The list of the weights that the page offers, made from the files' own headers when the page is built.
import { openSync, readSync, closeSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The metadata of a safetensors file, without reading its tensors.
 * @param {string} path
 * @returns {Record<string, string>}
 */
function metadataOf(path) {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(8);
    readSync(file, head, 0, 8, 0);
    const text = Buffer.alloc(Number(head.readBigUInt64LE(0)));
    readSync(file, text, 0, text.length, 8);
    return JSON.parse(text.toString('utf8')).__metadata__ ?? {};
  } finally {
    closeSync(file);
  }
}

/**
 * @param {string} folder
 * @param {readonly string[]} names of files in it
 */
export function weightsIndex(folder, names) {
  return [...names].sort().flatMap((name) => {
    const { capsnet_model: model, dataset, accuracy } = metadataOf(join(folder, name));
    if (model === undefined) return [];
    const { kind, input, decodings = 1 } = JSON.parse(model);
    return [
      {
        name: name.replace(/\.safetensors$/, ''),
        bytes: statSync(join(folder, name)).size,
        kind,
        input,
        decodings,
        ...(dataset === undefined ? {} : { dataset }),
        ...(accuracy === undefined ? {} : { accuracy: Number(accuracy) }),
      },
    ];
  });
}

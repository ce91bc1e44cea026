/**
 * Labels in a CSV file (RFC 4180; comma or tab between the cells): a row an image, first its file, then its label or labels, in cells of their own or in one with
 * `;` or `|` between them.
 *
 *   file,label            file,label,split          images/1.png,cat
 *   images/1.png,cat      images/1.png,cat;pet,train  images/2.png,dog,pet
 *
 * The first row may name the columns; then a column `split` may say `train` or `test`, and where some columns are called label..., class... or tag..., only
 * those are labels. Files are looked for beside the CSV file.
 */
import { readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { DataError } from '../errors.js';
import { systemReason } from '../files/bytes.js';
import type { Split } from '../values/dataset.js';

export interface LabelledRow {
  readonly path: string;
  readonly labels: readonly string[];
  readonly split?: Split;
  /** Counted from 1, for messages. */
  readonly row: number;
}

/** @throws DataError: a file that cannot be read, is no CSV, has no rows, or a row without file or label or with an unknown split */
export function readLabelsFile(file: string): LabelledRow[] {
  const rows = readRows(file);
  const [first] = rows;
  if (!first) throw new DataError(`${file} has no rows: write a file and its label in each.`, file);
  // A row that names no file with an ending names the columns.
  const named = extname(first[0] ?? '') === '';
  const columns = columnsOf(named ? first : [], Math.max(...rows.map((cells) => cells.length)));
  const body = rows.slice(named ? 1 : 0);
  if (body.length === 0)
    throw new DataError(`${file} has no rows below its heading: write a file and its label in each.`, file);
  return body.map((cells, index) => readRow(file, cells, columns, index + (named ? 2 : 1)));
}

interface Columns {
  readonly labels: readonly number[];
  readonly split: number | undefined;
}

function columnsOf(heading: readonly string[], width: number): Columns {
  const names = heading.map((name) => name.trim().toLowerCase());
  const split = names.findIndex((name) => ['split', 'set', 'subset'].includes(name));
  const called = names.flatMap((name, index) =>
    index > 0 && /^(label|class|tag|categor)/.test(name) ? [index] : [],
  );
  const others = Array.from({ length: width }, (_, index) => index).filter(
    (index) => index > 0 && index !== split,
  );
  return { labels: called.length > 0 ? called : others, split: split < 0 ? undefined : split };
}

function readRow(file: string, cells: readonly string[], columns: Columns, row: number): LabelledRow {
  const name = cells[0]?.trim() ?? '';
  if (name === '')
    throw new DataError(`${file}: row ${row} names no file: write one in its first cell.`, file);
  const labels = columns.labels
    .flatMap((column) => (cells[column] ?? '').split(/[;|]/))
    .flatMap((label) => label.trim() || []);
  if (labels.length === 0)
    throw new DataError(`${file}: row ${row} (${name}) has no label: write one behind the file.`, file);
  const said = columns.split === undefined ? undefined : (cells[columns.split] ?? '').trim().toLowerCase();
  const split = said === undefined || said === '' ? undefined : said;
  if (split !== undefined && split !== 'train' && split !== 'test')
    throw new DataError(`${file}: row ${row} (${name}) has the split "${split}": write train or test.`, file);
  return {
    path: resolve(dirname(file), name),
    labels: [...new Set(labels)],
    row,
    ...(split ? { split } : {}),
  };
}

function readRows(file: string): string[][] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new DataError(`${file} ${systemReason(cause)}: name a folder of images, or a CSV file.`, file, {
      cause,
    });
  }
  if (text.includes('\0'))
    throw new DataError(
      `${file} is neither a folder nor a CSV file: name a folder of images, or a CSV file with a file and its label a row.`,
      file,
    );
  try {
    const rows: string[][] = parse(text, {
      bom: true,
      delimiter: [',', '\t'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    return rows;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new DataError(
      `${file} is not a CSV file (${cause.message}): write a file and its label a row.`,
      file,
      { cause },
    );
  }
}

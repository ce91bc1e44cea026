/**
 * A report as one file that needs nothing else: style, script and pictures stand in it, and it forbids itself the network. Light and dark follow the
 * reader's system.
 */
import { wireCharts } from './hover.js';
import { html, raw, type Content, type Html } from './html.js';
import { style } from './style.js';
import { version } from '../version.js';

export interface Page {
  readonly title: string;
  /** A few words above the title: what kind of report this is. */
  readonly kicker?: string;
  /** A sentence or two beneath the title. */
  readonly lead?: Content;
  /** See `tiles`, `section`. */
  readonly body: Content;
}

/** The whole file. */
export function page({ title, kicker, lead, body }: Page): string {
  const script = `(${wireCharts.toString()})();`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
        />
        <meta name="generator" content="capsnet ${version}" />
        <title>${title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <main>
          <header class="head">
            ${kicker !== undefined && html`<p class="kicker">${kicker}</p>`}
            <h1>${title}</h1>
            ${lead !== undefined && html`<p class="lead">${lead}</p>`}
          </header>
          ${body}
          <footer>Written by capsnet ${version}.</footer>
        </main>
        <script>
          ${raw(script)};
        </script>
      </body>
    </html> `.text;
}

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  /** The one figure that the report is about. */
  readonly main?: boolean;
}

/** The figures at the head of a report. */
export const tiles = (figures: readonly Tile[]): Html =>
  html`<dl class="tiles">
    ${figures.map(
      ({ label, value, note, main }) =>
        html`<div class="tile${main ? ' main' : ''}">
          <dt>${label}</dt>
          <dd>${value}${note !== undefined && html`<small>${note}</small>`}</dd>
        </div>`,
    )}
  </dl>`;

/** A part of the page under a heading. */
export const section = (title: string, body: Content, note?: Content): Html =>
  html`<section>
    <h2>${title}</h2>
    ${note !== undefined && html`<p class="note">${note}</p>`}${body}
  </section>`;

/** Charts beside each other where there is room. */
export const charts = (figures: readonly Html[]): Html => html`<div class="charts">${figures}</div>`;

/** Names and values: the settings of a run. */
export const definitions = (entries: readonly (readonly [name: string, value: Content])[]): Html =>
  html`<dl class="definitions">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;

export interface TableColumn {
  readonly title: string;
  /** Numbers stand flush right. */
  readonly number?: boolean;
}

/** A table that scrolls sideways by itself where the page is narrow. */
export const dataTable = (
  columns: readonly TableColumn[],
  rows: readonly (readonly Content[])[],
  caption?: string,
): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${caption ?? 'Table'}">
    <table>
      ${
        caption !== undefined &&
        html`<caption>
          ${caption}
        </caption>`
      }
      <thead>
        <tr>
          ${columns.map(
            ({ title, number }) =>
              html`<th scope="col" ${number ? raw(' class="number"') : ''}>${title}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, index) =>
                index === 0
                  ? html`<th scope="row" ${columns[0]!.number ? raw(' class="number"') : ''}>${cell}</th>`
                  : html`<td${columns[index]?.number ? raw(' class="number"') : ''}>${cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

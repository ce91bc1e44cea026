// A plug-in of typedoc: a text is called what its first heading says, not what its file is called.
import { readFileSync } from 'node:fs';
import { Converter } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const path = document.project.files.getReflectionPath(document);
    const heading = path && /^# (.+)$/m.exec(readFileSync(path, 'utf8'));
    if (heading) document.name = heading[1];
  });
}

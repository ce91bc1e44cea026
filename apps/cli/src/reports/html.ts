/** HTML as a template that escapes: text that comes from elsewhere (names of classes, paths) can never become markup. */

/** Markup that is safe to put into a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

/** What a template takes: text, which is escaped; markup; lists of both; nothing. */
export type Content = string | number | Html | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as markup shows it, between tags and within quoted attributes. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign]!);

const markupOf = (content: Content): string => {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(markupOf).join('');
  return escape(String(content));
};

/** `` html`<b>${name}</b>` `` */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  new Html(parts.map((part, index) => part + markupOf(contents[index])).join(''));

/** Markup that we wrote ourselves. */
export const raw = (text: string): Html => new Html(text);

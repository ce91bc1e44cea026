/** Making elements. */

type Child = Node | string | false | null | undefined;
type Properties = Record<string, unknown>;

/** What an attribute may say. */
const attributeText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/**
 * An element: `element('button', { class: 'quiet', onclick }, 'Reset')`. Functions become listeners or properties, `class` and names with
 * a dash become attributes.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false || value === null) continue;
    if (name in made && !name.includes('-') && name !== 'list')
      (made as unknown as Record<string, unknown>)[name] = value;
    else made.setAttribute(name, attributeText(value));
  }
  made.append(
    ...children.filter(
      (child): child is Node | string => child !== false && child !== null && child !== undefined,
    ),
  );
  return made;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

/** An element of SVG. */
export function shape<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** The part of the page with this id. */
export function part<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no part "${id}"`);
  return found as Type;
}

/** A title of a card with what stands beside it. */
export const percent = (value: number, digits = 1): string => `${(100 * value).toFixed(digits)} %`;

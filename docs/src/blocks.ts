/** Fenced blocks of markdown texts. */

/** A block between two fences. */
export interface Block {
  /** The first word behind the fence: `ts`, `sh`, ... */
  readonly language: string;
  readonly code: string;
  /** Line of the fence, counted from 1. */
  readonly line: number;
}

/** The fenced blocks of a text, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { language: string; line: number; code: string[] } | undefined;
  markdown.split('\n').forEach((text, index) => {
    const fence = /^\s*```(\w*)/.exec(text);
    if (!fence) open?.code.push(text);
    else if (open) {
      blocks.push({ language: open.language, code: open.code.join('\n'), line: open.line });
      open = undefined;
    } else open = { language: fence[1]!, line: index + 1, code: [] };
  });
  return blocks;
}

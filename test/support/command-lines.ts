/** The command lines that people read: of each page, in blocks and in the text between them. */
import { globSync, readFileSync } from "node:fs";

export type Said = { page: string; line: string; isBlock: boolean };

const PAGES = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...globSync("docs/*.md"), ...globSync("{src,sandbox}/**/README.md")];

/** A block of a language that no shell reads is none. */
const BLOCK = /^```(\w*)\n([\s\S]*?)^```$/gm;

function linesOf(page: string): Said[] {
  const text = readFileSync(page, "utf8");
  const blocks = [...text.matchAll(BLOCK)].filter(([, language]) => ["", "sh"].includes(language!)).map(([, , block]) => block!);
  const spans = [...text.replaceAll(BLOCK, "").matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return [
    ...blocks.flatMap((block) =>
      block
        .replaceAll(/\\\n\s*/g, "")
        .split("\n")
        .map((line) => ({ page, line: line.trim(), isBlock: true })),
    ),
    ...spans.map((line) => ({ page, line, isBlock: false })),
  ].filter(({ line }) => !line.startsWith("#"));
}

export const saidLines = (): Said[] => PAGES.flatMap(linesOf);

/** Splits a condition into words; undefined where a character fits nowhere. */

export type Token =
  | { kind: "(" | ")" | "{" | "}" | "," | "and" | "or" | "not" }
  | { kind: "word"; text: string }
  | { kind: "text"; text: string }
  | { kind: "attribute"; source: string; name: string };

const TOKEN =
  /\s+|(?<mark>[(){},])|(?<and>&&)|(?<or>\|\|)|(?<not>!)|'(?<text>[^']*)'|@(?<source>\w+)\[(?<name>[^\]]+)\]|(?<word>[\w-]+(?::\w+)?)/y;

const MARKS = ["(", ")", "{", "}", ","] as const;

export function tokenize(condition: string): Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < condition.length) {
    const match = TOKEN.exec(condition);
    if (!match) return undefined;
    const token = tokenOf(match.groups ?? {});
    if (token) tokens.push(token);
  }
  return tokens;
}

function tokenOf(g: Record<string, string | undefined>): Token | undefined {
  const mark = MARKS.find((m) => m === g["mark"]);
  if (mark) return { kind: mark };
  if (g["and"]) return { kind: "and" };
  if (g["or"]) return { kind: "or" };
  if (g["not"]) return { kind: "not" };
  if (g["text"] !== undefined) return { kind: "text", text: g["text"] };
  if (g["source"] !== undefined) return { kind: "attribute", source: g["source"], name: g["name"] ?? "" };
  return g["word"] === undefined ? undefined : wordToken(g["word"]);
}

function wordToken(word: string): Token {
  const lower = word.toLowerCase();
  return lower === "and" || lower === "or" || lower === "not" ? { kind: lower } : { kind: "word", text: word };
}

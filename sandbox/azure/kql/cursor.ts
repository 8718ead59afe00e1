/** The words of a query, one after the other, and the refusal where one does not fit. */
import type { JsonObject } from "../world.ts";

export type Token = { kind: "name" | "text" | "number" | "mark" | "end"; text: string; line: number; at: number };

/** Carries the `details` of the answer that Resource Graph gives to a query it cannot run. */
export class QueryError extends Error {
  readonly detail: JsonObject;
  constructor(detail: JsonObject & { code: string; message: string }) {
    super(detail.message);
    this.name = "QueryError";
    this.detail = detail;
  }
}

const TOKEN =
  /(?<blank>\s+|\/\/[^\n]*)|(?<text>@?'(?:[^'\\]|\\.)*'|@?"(?:[^"\\]|\\.)*")|(?<number>\d+(?:\.\d+)?)|(?<mark>!?in~|!in\b)|(?<name>[A-Za-z_$][\w$]*(?:-(?:away|keep|rename|reorder)\b)?)|(?<sign>=~|!~|==|!=|<=|>=|!(?=contains|startswith|endswith|has)|[|()[\],.=<>+\-*/%;:])/y;

const KINDS = ["text", "number", "mark", "name", "sign"] as const;

export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  TOKEN.lastIndex = 0;
  for (let index = 0; index < query.length;) {
    TOKEN.lastIndex = index;
    const match = TOKEN.exec(query);
    const at = index - lineStart;
    if (!match) throw parserFailure({ kind: "mark", text: query.charAt(index), line, at });
    const kind = KINDS.find((k) => match.groups?.[k] !== undefined);
    if (kind) tokens.push({ kind: kind === "sign" ? "mark" : kind, text: kind === "text" ? unquote(match[0]) : match[0], line, at });
    for (const newline of match[0].matchAll(/\n/g)) {
      line++;
      lineStart = index + newline.index + 1;
    }
    index += match[0].length;
  }
  return [...tokens, { kind: "end", text: "<EOF>", line, at: query.length - lineStart }];
}

function unquote(literal: string): string {
  if (literal.startsWith("@")) return literal.slice(2, -1);
  return literal.slice(1, -1).replace(/\\(.)/g, "$1");
}

/** As reported in grafana/grafana issue 35225: no position where it is 0. */
export function parserFailure(token: Token): QueryError {
  const position = token.at === 0 ? {} : { characterPositionInLine: token.at };
  return new QueryError({ code: "ParserFailure", message: "ParserFailure", line: token.line, ...position, token: token.text });
}

export class Cursor {
  #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Does the next word say this? Texts never do. */
  is(...words: string[]): boolean {
    const token = this.peek();
    return token.kind !== "text" && words.includes(token.text);
  }

  take(...words: string[]): string | undefined {
    return this.is(...words) ? this.next().text : undefined;
  }

  expect(...words: string[]): void {
    if (this.take(...words) === undefined) throw parserFailure(this.peek());
  }

  name(): string {
    if (this.peek().kind !== "name") throw parserFailure(this.peek());
    return this.next().text;
  }

  number(): number {
    if (this.peek().kind !== "number") throw parserFailure(this.peek());
    return Number(this.next().text);
  }

  /** Is this `name =`, the beginning of an alias? */
  isAlias(): boolean {
    return this.peek().kind === "name" && this.#tokens[this.#at + 1]?.text === "=" && this.#tokens[this.#at + 1]?.kind === "mark";
  }
}

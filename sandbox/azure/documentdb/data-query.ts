/**
 * The queries that the sandbox's containers answer: projection of properties and a filter, over one container. Microsoft Learn, "Azure Cosmos DB
 * query language": SELECT, FROM, WHERE, LENGTH, IS_DEFINED. All else is refused as a syntax error is.
 */
import { isObject } from "../json.ts";
import type { Json, JsonObject } from "../world.ts";
import type { Document } from "./data.ts";

/** A value, or undefined where it is not defined. */
type Expression = (document: Document) => Json | undefined;
export type Query = { where: Expression; project: (document: Document) => Json | undefined };

export class QuerySyntaxError extends Error {}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d+(?:\.\d+)?)|([A-Za-z_@][\w$]*)|(<=|>=|!=|<>|[=<>,.()[\]*]))/y;

type Token = { kind: "text" | "number" | "word" | "sign"; text: string };

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < query.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const [, text, number, word, sign] = TOKEN.exec(query) ?? [];
    if (text !== undefined) tokens.push({ kind: "text", text: JSON.parse(text.startsWith("'") ? `"${text.slice(1, -1)}"` : text) });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (word !== undefined) tokens.push({ kind: "word", text: word });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else throw new QuerySyntaxError(`Syntax error, incorrect syntax near '${query.slice(at, at + 10)}'.`);
  }
  return tokens;
}

const COMPARE: Readonly<Record<string, (a: Json, b: Json) => boolean>> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<>": (a, b) => a !== b,
  "<": (a, b) => typeof a === typeof b && a! < b!,
  ">": (a, b) => typeof a === typeof b && a! > b!,
  "<=": (a, b) => typeof a === typeof b && a! <= b!,
  ">=": (a, b) => typeof a === typeof b && a! >= b!,
};

/** A function of something undefined is undefined. LENGTH counts characters. */
const FUNCTIONS: Readonly<Record<string, (value: Json | undefined) => Json | undefined>> = {
  LENGTH: (value) => (typeof value === "string" ? Array.from(value).length : undefined),
  IS_DEFINED: (value) => value !== undefined,
};

class Parser {
  readonly #tokens: Token[];
  readonly #parameters: ReadonlyMap<string, Json>;
  #at = 0;
  #alias = "c";

  constructor(query: string, parameters: ReadonlyMap<string, Json>) {
    this.#tokens = tokensOf(query);
    this.#parameters = parameters;
    const from = this.#tokens.findIndex(({ kind, text }) => kind === "word" && text.toUpperCase() === "FROM");
    this.#alias = this.#tokens[from + 1]?.text ?? "c";
  }

  parse(): Query {
    this.#word("SELECT");
    const project = this.#projection();
    this.#word("FROM");
    this.#next();
    const where: Expression = this.#takes("WHERE") ? this.#condition() : () => true;
    if (this.#at < this.#tokens.length) this.#refuse();
    return { where, project };
  }

  #projection(): Query["project"] {
    if (this.#takes("*")) return (document) => document;
    if (this.#takes("VALUE")) return this.#operand();
    const fields: { name: string; of: Expression }[] = [];
    do {
      const start = this.#at;
      const of = this.#operand();
      const named = this.#tokens[this.#at - 1]?.text === "]" ? this.#tokens[this.#at - 2] : this.#tokens[this.#at - 1];
      const name = this.#takes("AS") ? this.#next().text : (named?.text ?? `$${start}`);
      fields.push({ name, of });
    } while (this.#takes(","));
    return (document) => {
      const row: JsonObject = {};
      for (const { name, of } of fields) {
        const value = of(document);
        if (value !== undefined) row[name] = value;
      }
      return row;
    };
  }

  #condition(): Expression {
    const all = [this.#comparison()];
    while (this.#takes("AND")) all.push(this.#comparison());
    return (document) => all.every((one) => one(document) === true);
  }

  #comparison(): Expression {
    const left = this.#operand();
    const sign = this.#tokens[this.#at]?.text ?? "";
    const compare = COMPARE[sign];
    if (!compare) return left;
    this.#at += 1;
    const right = this.#operand();
    return (document) => {
      const [a, b] = [left(document), right(document)];
      return a === undefined || b === undefined ? undefined : compare(a, b);
    };
  }

  #operand(): Expression {
    const token = this.#next();
    if (token.kind === "text") return () => token.text;
    if (token.kind === "number") return () => Number(token.text);
    const { text } = token;
    if (text.startsWith("@")) return () => this.#parameters.get(text);
    const call = FUNCTIONS[text.toUpperCase()];
    if (call && this.#takes("(")) {
      const argument = this.#operand();
      if (!this.#takes(")")) this.#refuse();
      return (document) => call(argument(document));
    }
    if (token.kind !== "word" || text !== this.#alias) this.#refuse();
    return this.#path();
  }

  #path(): Expression {
    const names: string[] = [];
    for (;;) {
      if (this.#takes(".")) names.push(this.#next().text);
      else if (this.#takes("[")) {
        names.push(this.#next().text);
        if (!this.#takes("]")) this.#refuse();
      } else break;
    }
    return (document) => names.reduce<Json | undefined>((value, name) => (isObject(value) ? value[name] : undefined), document);
  }

  #next(): Token {
    const token = this.#tokens[this.#at];
    if (!token) throw new QuerySyntaxError("Syntax error, unexpected end-of-file encountered.");
    this.#at += 1;
    return token;
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at];
    if (!token || token.kind === "text" || token.text.toUpperCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  #word(text: string): void {
    if (!this.#takes(text)) this.#refuse();
  }

  #refuse(): never {
    throw new QuerySyntaxError(`Syntax error, incorrect syntax near '${this.#tokens[this.#at]?.text ?? "end"}'.`);
  }
}

export const parseQuery = (query: string, parameters: ReadonlyMap<string, Json> = new Map()): Query =>
  new Parser(query, parameters).parse();

/** Reads scalar expressions: columns and paths into them, literals, functions, comparisons, and/or. */
import { isObject } from "../json.ts";
import type { Json } from "../world.ts";
import { parserFailure, QueryError, type Cursor } from "./cursor.ts";
import { asText, COMPARISONS, FUNCTIONS, isTrue } from "./functions.ts";

export type Row = Record<string, Json>;

export type Expression = {
  evaluate: (row: Row) => Json;
  /** The columns it reads, to refuse those that are not there. */
  columns: string[];
  /** The name it gives its column where the query gives none: `properties_state` for `properties.state`. */
  name: string | undefined;
};

const literal = (value: Json): Expression => ({ evaluate: () => value, columns: [], name: undefined });

export function expression(cursor: Cursor): Expression {
  let left = conjunction(cursor);
  while (cursor.take("or")) {
    const [a, b] = [left, conjunction(cursor)];
    left = combine([a, b], (row) => isTrue(a.evaluate(row)) || isTrue(b.evaluate(row)));
  }
  return left;
}

function combine(parts: Expression[], evaluate: (row: Row) => Json): Expression {
  return { evaluate, columns: parts.flatMap((p) => p.columns), name: undefined };
}

function conjunction(cursor: Cursor): Expression {
  let left = comparison(cursor);
  while (cursor.take("and")) {
    const [a, b] = [left, comparison(cursor)];
    left = combine([a, b], (row) => isTrue(a.evaluate(row)) && isTrue(b.evaluate(row)));
  }
  return left;
}

function comparison(cursor: Cursor): Expression {
  const left = path(cursor);
  const negated = cursor.take("!") ?? "";
  const word = cursor.peek();
  const compare = word.kind === "text" ? undefined : COMPARISONS[`${negated}${word.text}`];
  if (!compare) {
    if (negated) throw parserFailure(word);
    return left;
  }
  cursor.next();
  const right = /^!?in~?$/.test(word.text) ? list(cursor) : path(cursor);
  return combine([left, right], (row) => compare(left.evaluate(row), right.evaluate(row)));
}

/** `in (a, b)`, also `in (dynamic([..]))`. */
function list(cursor: Cursor): Expression {
  cursor.expect("(");
  const items = cursor.is(")") ? [] : several(cursor);
  cursor.expect(")");
  return combine(items, (row) => items.flatMap((item): Json[] => [item.evaluate(row)].flat()));
}

export function several(cursor: Cursor): Expression[] {
  const items = [expression(cursor)];
  while (cursor.take(",")) items.push(expression(cursor));
  return items;
}

function path(cursor: Cursor): Expression {
  let value = primary(cursor);
  for (;;) {
    if (cursor.take(".")) value = step(value, literal(cursor.name()));
    else if (cursor.take("[")) {
      value = step(value, expression(cursor));
      cursor.expect("]");
    } else return value;
  }
}

function step(of: Expression, key: Expression): Expression {
  const fixed = key.columns.length === 0 ? key.evaluate({}) : null;
  const name = of.name === undefined || fixed === null ? undefined : `${of.name}_${asText(fixed)}`;
  return { ...combine([of, key], (row) => member(of.evaluate(row), key.evaluate(row))), name };
}

function member(value: Json, key: Json): Json {
  if (Array.isArray(value)) return typeof key === "number" ? (value.at(key) ?? null) : null;
  return isObject(value) ? (value[asText(key)] ?? null) : null;
}

/** Words that name no column unless quoted. */
const RESERVED = new Set(["where", "project", "extend", "union", "summarize", "order", "sort", "by", "and", "or", "in"]);

const CONSTANTS: Record<string, Json> = { true: true, false: false, null: null };

function primary(cursor: Cursor): Expression {
  if (cursor.take("(")) {
    const inner = expression(cursor);
    cursor.expect(")");
    return inner;
  }
  if (cursor.take("-")) return literal(-cursor.number());
  const token = cursor.next();
  if (token.kind === "text") return literal(token.text);
  if (token.kind === "number") return literal(Number(token.text));
  if (token.kind !== "name" || RESERVED.has(token.text)) throw parserFailure(token);
  if (cursor.is("(")) return call(cursor, token.text);
  const constant = CONSTANTS[token.text];
  if (constant !== undefined) return literal(constant);
  return { evaluate: (row) => row[token.text] ?? null, columns: [token.text], name: token.text };
}

function call(cursor: Cursor, name: string): Expression {
  cursor.expect("(");
  if (name === "dynamic") return dynamicLiteral(cursor);
  const args = cursor.is(")") ? [] : several(cursor);
  cursor.expect(")");
  const apply = FUNCTIONS[name];
  if (!apply) throw new QueryError({ code: "UnknownFunction", message: `Unknown function: '${name}'.` });
  const converts = name.startsWith("to") && args.length === 1;
  return { ...combine(args, (row) => apply(...args.map((a) => a.evaluate(row)))), name: converts ? args[0]?.name : undefined };
}

/** `dynamic(["a", "b"])`: lists of literals only. */
function dynamicLiteral(cursor: Cursor): Expression {
  cursor.expect("[");
  const items = cursor.is("]") ? [] : several(cursor);
  cursor.expect("]");
  cursor.expect(")");
  return combine(items, (row) => items.map((item) => item.evaluate(row)));
}

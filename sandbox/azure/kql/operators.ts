/** Reads a whole query: a table, then one operator after the other. Running it needs only the tables. */
import type { Json } from "../world.ts";
import { Cursor, parserFailure, QueryError, tokenize } from "./cursor.ts";
import { expression, several, type Expression, type Row } from "./expressions.ts";
import { compareValues, isTrue } from "./functions.ts";

export type Table = { columns: string[]; rows: Row[] };
export type Tables = (name: string) => Table | undefined;

type Pipeline = (tables: Tables) => Table;
type Operator = (input: Table, tables: Tables) => Table;

export function compileQuery(query: string): Pipeline {
  const cursor = new Cursor(tokenize(query));
  const run = pipeline(cursor);
  cursor.take(";");
  if (cursor.peek().kind !== "end") throw parserFailure(cursor.peek());
  return run;
}

/** A query may begin with an operator: the table is then Resources. */
function pipeline(cursor: Cursor): Pipeline {
  const operators: Operator[] = [];
  const leading = OPERATORS[cursor.peek().text];
  const name = leading ? "Resources" : cursor.name();
  if (leading) operators.push(operator(cursor));
  while (cursor.take("|")) operators.push(operator(cursor));
  return (tables) => {
    const table = tables(name);
    // Code and text as answered to unknown tables; seen in several public issue threads.
    if (!table)
      throw new QueryError({ code: "DisallowedLogicalTableName", message: `Table ${name} is invalid, unsupported or disallowed.` });
    return operators.reduce((input, apply) => apply(input, tables), table);
  };
}

function operator(cursor: Cursor): Operator {
  const token = cursor.peek();
  const read = token.kind === "name" ? OPERATORS[token.text] : undefined;
  if (!read) throw parserFailure(token);
  cursor.next();
  return read(cursor);
}

const OPERATORS: Record<string, (cursor: Cursor) => Operator> = {
  where,
  filter: where,
  project,
  "project-away": projectAway,
  extend,
  order: sort,
  sort,
  top,
  take,
  limit: take,
  distinct,
  count: () => (input) => ({ columns: ["Count"], rows: [{ Count: input.rows.length }] }),
  summarize,
  union,
};

function requireColumns(name: string, input: Table, expressions: Expression[]): void {
  const missing = expressions.flatMap((e) => e.columns).find((c) => !input.columns.includes(c));
  if (missing === undefined) return;
  // The wording is Kusto's; the code that Resource Graph gives it is not documented.
  throw new QueryError({ code: "Default", message: `'${name}' operator: Failed to resolve scalar expression named '${missing}'` });
}

function where(cursor: Cursor): Operator {
  const test = expression(cursor);
  return (input) => {
    requireColumns("where", input, [test]);
    return { ...input, rows: input.rows.filter((row) => isTrue(test.evaluate(row))) };
  };
}

type Named = { name: string; value: Expression };

/** `a = expression, b, tostring(c.d)`; what has no name is Column1, Column2 ... */
function named(cursor: Cursor): Named[] {
  const items: Named[] = [];
  do {
    const alias = cursor.isAlias() ? cursor.name() : undefined;
    if (alias !== undefined) cursor.expect("=");
    const value = expression(cursor);
    items.push({ name: alias ?? value.name ?? `Column${items.length + 1}`, value });
  } while (cursor.take(","));
  return items;
}

const pick = (items: Named[], row: Row): Row => Object.fromEntries(items.map((i) => [i.name, i.value.evaluate(row)]));
const valuesOf = (items: Named[]): Expression[] => items.map((i) => i.value);

function project(cursor: Cursor): Operator {
  const items = named(cursor);
  return (input) => {
    requireColumns("project", input, valuesOf(items));
    return { columns: items.map((i) => i.name), rows: input.rows.map((row) => pick(items, row)) };
  };
}

function extend(cursor: Cursor): Operator {
  const items = named(cursor);
  return (input) => {
    requireColumns("extend", input, valuesOf(items));
    const columns = [...new Set([...input.columns, ...items.map((i) => i.name)])];
    return { columns, rows: input.rows.map((row) => ({ ...row, ...pick(items, row) })) };
  };
}

function projectAway(cursor: Cursor): Operator {
  const away = several(cursor).flatMap((e) => e.columns);
  return (input) => ({
    columns: input.columns.filter((c) => !away.includes(c)),
    rows: input.rows.map((row) => Object.fromEntries(Object.entries(row).filter(([c]) => !away.includes(c)))),
  });
}

type Key = { value: Expression; direction: 1 | -1 };

/** Descending unless it says `asc`. */
function keys(cursor: Cursor): Key[] {
  cursor.expect("by");
  const found: Key[] = [];
  do {
    const value = expression(cursor);
    found.push({ value, direction: cursor.take("asc", "desc") === "asc" ? 1 : -1 });
    if (cursor.take("nulls")) cursor.expect("first", "last");
  } while (cursor.take(","));
  return found;
}

function sorted(rows: Row[], by: Key[]): Row[] {
  return rows.toSorted((a, b) => {
    for (const { value, direction } of by) {
      const order = compareValues(value.evaluate(a), value.evaluate(b)) * direction;
      if (order !== 0) return order;
    }
    return 0;
  });
}

function sort(cursor: Cursor): Operator {
  const by = keys(cursor);
  return (input) => {
    requireColumns(
      "order",
      input,
      by.map((k) => k.value),
    );
    return { ...input, rows: sorted(input.rows, by) };
  };
}

function top(cursor: Cursor): Operator {
  const count = cursor.number();
  const by = keys(cursor);
  return (input) => ({ ...input, rows: sorted(input.rows, by).slice(0, count) });
}

function take(cursor: Cursor): Operator {
  const count = cursor.number();
  return (input) => ({ ...input, rows: input.rows.slice(0, count) });
}

function distinct(cursor: Cursor): Operator {
  const all = cursor.take("*") !== undefined;
  const items = all ? [] : named(cursor);
  return (input) => {
    requireColumns("distinct", input, valuesOf(items));
    const rows = all ? input.rows : input.rows.map((row) => pick(items, row));
    const unique = new Map(rows.map((row) => [JSON.stringify(row), row]));
    return { columns: all ? input.columns : items.map((i) => i.name), rows: [...unique.values()] };
  };
}

/** `summarize [name =] count() [by ...]`; other aggregates are not needed. */
function summarize(cursor: Cursor): Operator {
  const name = cursor.isAlias() ? cursor.name() : "count_";
  cursor.take("=");
  const aggregate = cursor.name();
  if (aggregate !== "count") throw new QueryError({ code: "UnknownFunction", message: `Unknown function: '${aggregate}'.` });
  cursor.expect("(");
  cursor.expect(")");
  const by = cursor.take("by") ? named(cursor) : [];
  return (input) => {
    requireColumns("summarize", input, valuesOf(by));
    const groups = new Map<string, { row: Row; count: number }>();
    for (const row of input.rows.map((r) => pick(by, r))) {
      const key = JSON.stringify(row);
      const group = groups.get(key) ?? { row, count: 0 };
      groups.set(key, group);
      group.count++;
    }
    if (by.length === 0 && groups.size === 0) groups.set("", { row: {}, count: 0 });
    return { columns: [...by.map((b) => b.name), name], rows: [...groups.values()].map((g) => ({ ...g.row, [name]: g.count })) };
  };
}

/** `union (Table | ...), Other`: columns of all, null where a row has none. */
function union(cursor: Cursor): Operator {
  const others: Pipeline[] = [];
  do {
    if (cursor.take("(")) {
      others.push(pipeline(cursor));
      cursor.expect(")");
    } else {
      const name = cursor.name();
      others.push((tables) => tables(name) ?? { columns: [], rows: [] });
    }
  } while (cursor.take(","));
  return (input, tables) => {
    const parts = [input, ...others.map((run) => run(tables))];
    const columns = [...new Set(parts.flatMap((p) => p.columns))];
    const empty: Row = Object.fromEntries(columns.map((c): [string, Json] => [c, null]));
    return { columns, rows: parts.flatMap((p) => p.rows).map((row) => ({ ...empty, ...row })) };
  };
}

/** Scalar functions and comparisons of the query language, as far as inventories need them. Null is what is not there. */
import type { Json } from "../world.ts";

export type Comparison = (left: Json, right: Json) => boolean;

export function asText(value: Json): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function isTrue(value: Json): boolean {
  return value === true || (typeof value === "string" && value.toLowerCase() === "true");
}

const isEmpty = (value: Json): boolean => value === null || value === "";
const lower = (value: Json): string => asText(value).toLowerCase();

function asBool(value: Json): Json {
  if (typeof value === "boolean") return value;
  const text = lower(value);
  return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : null;
}

export const FUNCTIONS: Record<string, (...args: Json[]) => Json> = {
  tolower: (v = null) => lower(v),
  tostring: (v = null) => asText(v),
  tobool: (v = null) => asBool(v),
  isempty: (v = null) => isEmpty(v),
  isnotempty: (v = null) => !isEmpty(v),
  isnull: (v = null) => v === null,
  isnotnull: (v = null) => v !== null,
  not: (v = null) => !isTrue(v),
  strcat: (...vs) => vs.map((v) => asText(v)).join(""),
  array_length: (v = null) => (Array.isArray(v) ? v.length : null),
  coalesce: (...vs) => vs.find((v) => !isEmpty(v)) ?? null,
};

const not =
  (comparison: Comparison): Comparison =>
  (a, b) =>
    !comparison(a, b);

/** `has` looks for whole terms: runs of letters and digits. */
function has(left: Json, right: Json): boolean {
  const text = lower(left);
  const term = lower(right);
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    if (!/[a-z0-9]/.test(text.charAt(at - 1)) && !/[a-z0-9]/.test(text.charAt(at + term.length))) return true;
  }
  return false;
}

const equals: Comparison = (a, b) =>
  typeof a === typeof b ? asText(a) === asText(b) : asText(a).toLowerCase() === asText(b).toLowerCase();
const equalsAnyCase: Comparison = (a, b) => lower(a) === lower(b);
const isIn: Comparison = (a, b) => Array.isArray(b) && b.some((item) => equals(a, item));
const isInAnyCase: Comparison = (a, b) => Array.isArray(b) && b.some((item) => equalsAnyCase(a, item));
const contains: Comparison = (a, b) => lower(a).includes(lower(b));
const startsWith: Comparison = (a, b) => lower(a).startsWith(lower(b));
const endsWith: Comparison = (a, b) => lower(a).endsWith(lower(b));
const ordered =
  (test: (order: number) => boolean): Comparison =>
  (a, b) =>
    a !== null && b !== null && test(compareValues(a, b));

export const COMPARISONS: Record<string, Comparison> = {
  "==": equals,
  "!=": not(equals),
  "=~": equalsAnyCase,
  "!~": not(equalsAnyCase),
  "<": ordered((o) => o < 0),
  "<=": ordered((o) => o <= 0),
  ">": ordered((o) => o > 0),
  ">=": ordered((o) => o >= 0),
  in: isIn,
  "!in": not(isIn),
  "in~": isInAnyCase,
  "!in~": not(isInAnyCase),
  contains,
  "!contains": not(contains),
  startswith: startsWith,
  "!startswith": not(startsWith),
  startswith_cs: (a, b) => asText(a).startsWith(asText(b)),
  endswith: endsWith,
  "!endswith": not(endsWith),
  has,
  "!has": not(has),
};

/** Numbers by size, all else as text without regard to case. Null comes first. */
export function compareValues(a: Json, b: Json): number {
  if (a === null || b === null) return (b === null ? 1 : 0) - (a === null ? 1 : 0);
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [lower(a), lower(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

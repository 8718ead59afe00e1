/**
 * Conditions of role assignments, as far as they can be judged without asking Azure: whether one lets a given action pass.
 * Of what a request asks for only a role assignment's attributes may be known here, so what hangs on another one is `unknown`, and `unknown`
 * must never count as access. Format: Microsoft Learn, "Azure role assignment condition format and syntax".
 */
import { type GrantAttributes, holdsFor } from "./condition-attributes.ts";

export type ConditionVerdict = "met" | "unmet" | "unknown";

const TOKEN = /'[^']*'|\{[^}]*\}|\[[^\]]*\]|[()!]|&&|\|\||[^\s()!'{}[\]&|]+|[&|]/g;
const NOT = /^(?:!|NOT)$/i;
const AND = /^(?:&&|AND)$/i;
const OR = /^(?:\|\||OR)$/i;

const verdictOf = (holds: boolean | undefined): ConditionVerdict => (holds === undefined ? "unknown" : holds ? "met" : "unmet");
const negate = (verdict: ConditionVerdict): ConditionVerdict => (verdict === "unknown" ? verdict : verdict === "met" ? "unmet" : "met");

function both(a: ConditionVerdict, b: ConditionVerdict): ConditionVerdict {
  if (a === "unmet" || b === "unmet") return "unmet";
  return a === "met" && b === "met" ? "met" : "unknown";
}

/** `*` in an action stands for any characters, slashes included; casing does not count. */
export function matchesAction(pattern: string, action: string): boolean {
  if (!pattern.includes("*")) return pattern.toLowerCase() === action.toLowerCase();
  const escaped = pattern
    .toLowerCase()
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    // Several in a row mean what one does, and would be tried in all their ways.
    .replace(/\*+/g, ".*");
  return new RegExp(`^${escaped}$`).test(action.toLowerCase());
}

/** Reads tokens from the left; `next` is where it stands. */
type Reader = { tokens: string[]; next: number; action: string; attributes: GrantAttributes | undefined; isMalformed: boolean };

const peek = (reader: Reader): string => reader.tokens[reader.next] ?? ")";

function readOr(reader: Reader): ConditionVerdict {
  let verdict = readAnd(reader);
  while (OR.test(peek(reader))) {
    reader.next += 1;
    verdict = negate(both(negate(verdict), negate(readAnd(reader))));
  }
  return verdict;
}

function readAnd(reader: Reader): ConditionVerdict {
  let verdict = readOne(reader);
  while (AND.test(peek(reader))) {
    reader.next += 1;
    verdict = both(verdict, readOne(reader));
  }
  return verdict;
}

function readOne(reader: Reader): ConditionVerdict {
  const token = peek(reader);
  if (NOT.test(token)) {
    reader.next += 1;
    return negate(readOne(reader));
  }
  if (token === "(") {
    reader.next += 1;
    const verdict = readOr(reader);
    reader.next += 1;
    return verdict;
  }
  return readExpression(reader);
}

/** `ActionMatches{'...'}`, or anything else up to the next operator: a comparison of attributes. */
function readExpression(reader: Reader): ConditionVerdict {
  const words: string[] = [];
  for (let token = peek(reader); token !== ")" && !AND.test(token) && !OR.test(token); token = peek(reader)) {
    words.push(token);
    reader.next += 1;
  }
  // An operator with nothing beside it: no condition that Azure takes, so what was meant can't be told.
  if (words.length === 0) reader.isMalformed = true;
  const [operator, operand, ...more] = words;
  const pattern = /^\{\s*'([^']*)'\s*\}$/.exec(operand ?? "")?.[1];
  if (operator?.toLowerCase() === "actionmatches" && pattern !== undefined && more.length === 0)
    return verdictOf(matchesAction(pattern, reader.action));
  return verdictOf(reader.attributes && holdsFor(reader.attributes, reader.action, words));
}

/** More than these are no condition that anybody wrote (Microsoft Learn, "Azure role assignment condition limits": 8 KB). */
const LONGEST = 10_000;
const WHITE = /\s+/g;

/**
 * An empty condition is none. One that can't be read as a whole is unknown, whatever its readable part says. attributes: of the role
 * assignment that the action is about, where that is known.
 */
export function judgeCondition(condition: string, action: string, attributes?: GrantAttributes): ConditionVerdict {
  if (condition.trim() === "") return "met";
  const tokens = condition.length > LONGEST ? [] : (condition.match(TOKEN) ?? []);
  const isWhole = tokens.join("").replace(WHITE, "") === condition.replace(WHITE, "");
  if (tokens.length === 0 || !isWhole || depthOf(tokens) !== 0) return "unknown";
  const reader: Reader = { tokens, next: 0, action, attributes, isMalformed: false };
  const verdict = readOr(reader);
  return reader.next === tokens.length && !reader.isMalformed ? verdict : "unknown";
}

/** Of parentheses that are still open at the end; no condition nests as deep as the limit. */
function depthOf(tokens: readonly string[]): number {
  let depth = 0;
  for (const token of tokens) {
    depth += token === "(" ? 1 : token === ")" ? -1 : 0;
    if (depth < 0 || depth > 100) return Number.NaN;
  }
  return depth;
}

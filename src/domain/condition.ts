/**
 * Conditions of role assignments, as far as they can be judged without asking Azure: whether one lets a given action pass.
 * Attributes of a request are not known here, so what hangs on one is `unknown`, and `unknown` must never count as access.
 * Format: Microsoft Learn, "Azure role assignment condition format and syntax".
 */

export type ConditionVerdict = "met" | "unmet" | "unknown";

const TOKEN = /'[^']*'|\{[^}]*\}|\[[^\]]*\]|[()!]|&&|\|\||[^\s()!'{}[\]&|]+|[&|]/g;
const NOT = /^(?:!|NOT)$/i;
const AND = /^(?:&&|AND)$/i;
const OR = /^(?:\|\||OR)$/i;

const negate = (verdict: ConditionVerdict): ConditionVerdict => (verdict === "unknown" ? verdict : verdict === "met" ? "unmet" : "met");

function both(a: ConditionVerdict, b: ConditionVerdict): ConditionVerdict {
  if (a === "unmet" || b === "unmet") return "unmet";
  return a === "met" && b === "met" ? "met" : "unknown";
}

/** `*` in an action stands for any characters, slashes included; casing does not count. */
export function matchesAction(pattern: string, action: string): boolean {
  const escaped = pattern
    .toLowerCase()
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*");
  return new RegExp(`^${escaped}$`).test(action.toLowerCase());
}

/** Reads tokens from the left; `next` is where it stands. */
type Reader = { tokens: string[]; next: number; action: string };

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

/** `ActionMatches{'...'}`, or anything else up to the next operator: a comparison of attributes, which is not known. */
function readExpression(reader: Reader): ConditionVerdict {
  const words: string[] = [];
  for (let token = peek(reader); token !== ")" && !AND.test(token) && !OR.test(token); token = peek(reader)) {
    words.push(token);
    reader.next += 1;
  }
  const [operator, operand, ...more] = words;
  const pattern = /^\{\s*'([^']*)'\s*\}$/.exec(operand ?? "")?.[1];
  if (operator?.toLowerCase() !== "actionmatches" || pattern === undefined || more.length > 0) return "unknown";
  return matchesAction(pattern, reader.action) ? "met" : "unmet";
}

export function judgeCondition(condition: string, action: string): ConditionVerdict {
  const reader: Reader = { tokens: condition.match(TOKEN) ?? [], next: 0, action };
  const verdict = readOr(reader);
  return reader.next === reader.tokens.length ? verdict : "unknown";
}

/**
 * Reads and evaluates the conditions that constrain who may be granted what (Azure ABAC, format version 2.0).
 * Known: ActionMatches, the three attributes of role assignments, their comparisons, AND, OR, NOT, parentheses.
 * A condition that cannot be read holds for nobody.
 * Source: Azure RBAC, conditions-format.md, conditions-authorization-actions-attributes.md, delegate-role-assignments-examples.md.
 */
import type { ConditionAttributes } from "../routes.ts";
import { tokenize, type Token } from "./condition-tokens.ts";
import { matchesPattern } from "./pattern.ts";

type Test = (action: string, attributes: ConditionAttributes) => boolean;
type Compare = (left: string, right: string) => boolean;

class Unreadable extends Error {}

const compiled = new Map<string, Test>();

export function conditionHolds(condition: string, action: string, attributes: ConditionAttributes): boolean {
  let test = compiled.get(condition);
  if (!test) {
    test = parse(condition);
    compiled.set(condition, test);
  }
  return test(action, attributes);
}

function parse(condition: string): Test {
  const tokens = tokenize(condition);
  if (!tokens) return () => false;
  const reader = new Reader(tokens);
  try {
    const test = reader.expression();
    reader.end();
    return test;
  } catch (error) {
    if (error instanceof Unreadable) return () => false;
    throw error;
  }
}

const ATTRIBUTES: Record<string, keyof ConditionAttributes> = {
  "microsoft.authorization/roleassignments:roledefinitionid": "roleDefinitionId",
  "microsoft.authorization/roleassignments:principalid": "principalId",
  "microsoft.authorization/roleassignments:principaltype": "principalType",
};

/** Attributes of a write come from the request, of a delete from the stored assignment. */
const SOURCES: Record<string, RegExp> = { request: /\/write$/i, resource: /\/delete$/i };

const equalsIgnoringCase: Compare = (a, b) => a.toLowerCase() === b.toLowerCase();
const not =
  (compare: Compare): Compare =>
  (a, b) =>
    !compare(a, b);

const COMPARISONS: Record<string, Compare> = {
  guidequals: equalsIgnoringCase,
  guidnotequals: not(equalsIgnoringCase),
  stringequals: (a, b) => a === b,
  stringnotequals: (a, b) => a !== b,
  stringequalsignorecase: equalsIgnoringCase,
  stringnotequalsignorecase: not(equalsIgnoringCase),
};

/** "If at least one value on the left-hand side satisfies the comparison to every value on the right-hand side"; left is one value here. */
const QUANTIFIERS: Record<string, (rights: string[], compare: (right: string) => boolean) => boolean> = {
  foranyofanyvalues: (rights, compare) => rights.some((r) => compare(r)),
  forallofanyvalues: (rights, compare) => rights.some((r) => compare(r)),
  foranyofallvalues: (rights, compare) => rights.every((r) => compare(r)),
  forallofallvalues: (rights, compare) => rights.every((r) => compare(r)),
};

class Reader {
  #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  /** Mixing AND and OR needs parentheses; like Azure's own texts we read AND as the stronger. */
  expression(): Test {
    const terms = [this.#conjunction()];
    while (this.#take("or")) terms.push(this.#conjunction());
    return (action, attributes) => terms.some((t) => t(action, attributes));
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw new Unreadable();
  }

  #conjunction(): Test {
    const terms = [this.#negation()];
    while (this.#take("and")) terms.push(this.#negation());
    return (action, attributes) => terms.every((t) => t(action, attributes));
  }

  #negation(): Test {
    if (!this.#take("not")) return this.#primary();
    const inner = this.#negation();
    return (action, attributes) => !inner(action, attributes);
  }

  #primary(): Test {
    if (this.#take("(")) {
      const inner = this.expression();
      this.#expect(")");
      return inner;
    }
    const token = this.#next();
    if (token.kind === "attribute") return this.#comparison(token.source, token.name);
    if (token.kind === "word" && token.text.toLowerCase() === "actionmatches") {
      const patterns = this.#values();
      return (action) => patterns.some((p) => matchesPattern(p, action));
    }
    throw new Unreadable();
  }

  #comparison(source: string, name: string): Test {
    const attribute = ATTRIBUTES[name.toLowerCase()];
    const applies = SOURCES[source.toLowerCase()];
    const operator = this.#next();
    if (!attribute || !applies || operator.kind !== "word") throw new Unreadable();
    const [first = "", second] = operator.text.toLowerCase().split(":");
    const quantify = second === undefined ? QUANTIFIERS["foranyofanyvalues"] : QUANTIFIERS[first];
    const compare = COMPARISONS[second ?? first];
    if (!quantify || !compare) throw new Unreadable();
    const rights = this.#values();
    return (action, attributes) => {
      const left = applies.test(action) ? attributes[attribute] : undefined;
      return left !== undefined && quantify(rights, (right) => compare(lastSegment(left), right));
    };
  }

  #values(): string[] {
    const token = this.#next();
    if (token.kind === "text") return [token.text];
    if (token.kind !== "{") throw new Unreadable();
    const values: string[] = [];
    for (;;) {
      const value = this.#next();
      if (value.kind !== "text" && value.kind !== "word") throw new Unreadable();
      values.push(value.text);
      if (this.#take("}")) return values;
      this.#expect(",");
    }
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (!token) throw new Unreadable();
    return token;
  }

  #take(kind: Token["kind"]): boolean {
    if (this.#tokens[this.#at]?.kind !== kind) return false;
    this.#at++;
    return true;
  }

  #expect(kind: Token["kind"]): void {
    if (!this.#take(kind)) throw new Unreadable();
  }
}

/** A role definition is named by its whole id in the request and by its GUID in the condition. */
const lastSegment = (value: string): string => value.split("/").at(-1)!;

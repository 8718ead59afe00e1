/**
 * Reads what a Bicep file declares, as far as it can be told from the file and its parameters. Values are worked out only when asked for;
 * an expression that is not understood throws, so that nothing of it is ever left out.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Language, type Node, Parser } from "web-tree-sitter";

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

export type Resource = {
  symbol: string;
  /** Without the version of its API. */
  type: string;
  /** False where its condition does not hold. */
  isDeployed: boolean;
  /** The member at that path; null where it is not set. */
  at: (...path: string[]) => Value;
};

/** Where a file is deployed to. */
export type Deployment = { subscriptionId: string };

export type Bicep = {
  /** What the file deploys; `existing` ones are not among them. */
  resources: Resource[];
  output: (name: string) => Value;
};

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(fileURLToPath(import.meta.resolve("tree-sitter-bicep/tree-sitter-bicep.wasm"))));

type Scope = {
  file: string;
  parameters: Readonly<Record<string, Value>>;
  deployment: Deployment | undefined;
  /** Declarations by the name that expressions use. */
  declared: Map<string, Node>;
};

const partsOf = (node: Node): Node[] => node.namedChildren.filter((child): child is Node => child !== null && child.type !== "comment");

function unreadable({ file }: Pick<Scope, "file">, node: Node): Error {
  const { row, column } = node.startPosition;
  return new Error(`${file}:${row + 1}:${column + 1}: ${node.type} is not understood here: ${node.text.slice(0, 80)}`);
}

export function readBicep(file: string, parameters: Readonly<Record<string, Value>>, deployment?: Deployment): Bicep {
  return parseBicep(readFileSync(file, "utf8"), parameters, deployment, file);
}

export function parseBicep(text: string, parameters: Readonly<Record<string, Value>>, deployment?: Deployment, file = "Bicep"): Bicep {
  const root = parser.parse(text)?.rootNode;
  if (!root || root.hasError) throw new Error(`${file} has a syntax error`);
  const declarations = partsOf(root).filter((node) => node.type.endsWith("_declaration"));
  const nameOf = (node: Node): string => partsOf(node).find(({ type }) => type === "identifier")?.text ?? "";
  const byName = (isOutput: boolean): Map<string, Node> =>
    new Map(declarations.filter(({ type }) => (type === "output_declaration") === isOutput).map((node) => [nameOf(node), node]));
  const scope: Scope = { file, parameters, deployment, declared: byName(false) };
  const outputs = byName(true);
  const resources = [...scope.declared].filter(([, node]) => node.type === "resource_declaration" && !isExisting(node));
  return {
    resources: resources.map(([symbol, node]) => resourceOf(scope, symbol, node)),
    output: (name) => {
      const declaration = outputs.get(name);
      if (!declaration) throw new Error(`${file} has no output ${name}`);
      return valueOf(scope, partsOf(declaration).at(-1)!);
    },
  };
}

const isExisting = (node: Node): boolean => node.children.some((child) => child?.type === "existing" || child?.text === "existing");

function resourceOf(scope: Scope, symbol: string, node: Node): Resource {
  const [type, body] = [partsOf(node).find((part) => part.type === "string"), partsOf(node).at(-1)!];
  const [condition, object] = body.type === "if_statement" ? partsOf(body) : [undefined, body];
  if (type === undefined || object?.type !== "object") throw unreadable(scope, body);
  return {
    symbol,
    type: textOf(scope, type).split("@")[0]!,
    isDeployed: condition === undefined || truth(scope, condition),
    at: (...path) => {
      const found = path.reduce<Node | undefined>((at, name) => at && memberOf(scope, at, name), object);
      return found ? valueOf(scope, found) : null;
    },
  };
}

function memberOf(scope: Scope, object: Node, name: string): Node | undefined {
  if (object.type !== "object") throw unreadable(scope, object);
  return membersOf(scope, object).find(([key]) => key === name)?.[1];
}

function membersOf(scope: Scope, object: Node): [string, Node][] {
  return partsOf(object).map((property) => {
    const [key, value] = partsOf(property);
    if (property.type !== "object_property" || !key || !value) throw unreadable(scope, property);
    return [key.type === "string" ? textOf(scope, key) : key.text, value];
  });
}

function textOf(scope: Scope, node: Node): string {
  const value = valueOf(scope, node);
  if (typeof value !== "string") throw unreadable(scope, node);
  return value;
}

function truth(scope: Scope, node: Node): boolean {
  const value = valueOf(scope, node);
  if (typeof value !== "boolean") throw unreadable(scope, node);
  return value;
}

type Reader = (scope: Scope, node: Node, parts: Node[]) => Value;

const READERS: Readonly<Record<string, Reader>> = {
  string: (scope, node, parts) => {
    // The parser leaves some things out of the parts of a string, such as an escaped dollar.
    const isWhole = parts.map((part) => part.text).join("") === node.text.slice(1, -1);
    if (!isWhole || node.text.startsWith("'''")) throw unreadable(scope, node);
    return parts.map((part) => pieceOf(scope, part)).join("");
  },
  number: (_scope, node) => Number(node.text),
  boolean: (_scope, node) => node.text === "true",
  null: () => null,
  array: (scope, _node, parts) => parts.map((part) => valueOf(scope, part)),
  object: (scope, node) => Object.fromEntries(membersOf(scope, node).map(([name, value]) => [name, valueOf(scope, value)])),
  identifier: (scope, node) => named(scope, node),
  parenthesized_expression: (scope, _node, parts) => valueOf(scope, parts[0]!),
  ternary_expression: (scope, _node, [condition, yes, no]) => valueOf(scope, truth(scope, condition!) ? yes! : no!),
  unary_expression: (scope, node, parts) => {
    if (!node.text.startsWith("!")) throw unreadable(scope, node);
    return !truth(scope, parts[0]!);
  },
  binary_expression: (scope, node, [left, right]) => binary(scope, node, left!, right!),
  member_expression: (scope, node, [object, name]) => {
    const value = valueOf(scope, object!);
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name!.text)) {
      throw unreadable(scope, node);
    }
    return value[name!.text]!;
  },
  call_expression: (scope, node, [called, given]) => {
    if (called?.text === "subscription" && (!given || partsOf(given).length === 0) && scope.deployment) {
      const { subscriptionId } = scope.deployment;
      return { id: `/subscriptions/${subscriptionId}`, subscriptionId };
    }
    const call = Object.hasOwn(FUNCTIONS, called?.text ?? "") ? FUNCTIONS[called!.text] : undefined;
    const value = given && call?.(partsOf(given).map((part) => valueOf(scope, part)));
    if (value === undefined) throw unreadable(scope, node);
    return value;
  },
};

/** Undefined: not for these values. */
const FUNCTIONS: Readonly<Record<string, (given: Value[]) => Value | undefined>> = {
  concat: (lists) => (lists.every((list) => Array.isArray(list)) ? lists.flat() : undefined),
  join: ([list, between, ...more]) =>
    Array.isArray(list) && list.every((one) => typeof one === "string") && typeof between === "string" && more.length === 0
      ? list.join(between)
      : undefined,
  // Property names compare without case (Microsoft Learn, "Array functions for Bicep", contains).
  contains: ([object, name, ...more]) =>
    typeof object === "object" && object !== null && !Array.isArray(object) && typeof name === "string" && more.length === 0
      ? Object.keys(object).some((key) => key.toLowerCase() === name.toLowerCase())
      : undefined,
};

function valueOf(scope: Scope, node: Node): Value {
  const read = Object.hasOwn(READERS, node.type) ? READERS[node.type] : undefined;
  if (!read) throw unreadable(scope, node);
  return read(scope, node, partsOf(node));
}

const ESCAPES: Readonly<Record<string, string>> = { "\\'": "'", "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t" };

function pieceOf(scope: Scope, part: Node): string {
  if (part.type === "string_content") return part.text;
  const value = part.type === "interpolation" ? valueOf(scope, partsOf(part)[0]!) : ESCAPES[part.text];
  if (typeof value !== "string") throw unreadable(scope, part);
  return value;
}

function binary(scope: Scope, node: Node, left: Node, right: Node): Value {
  const operator = node.children.find((child) => child && !child.isNamed)?.text;
  if (operator === "&&") return truth(scope, left) && truth(scope, right);
  if (operator === "||") return truth(scope, left) || truth(scope, right);
  const [one, other] = [valueOf(scope, left), valueOf(scope, right)];
  if (typeof one === "object" || typeof other === "object") throw unreadable(scope, node);
  if (operator === "==") return one === other;
  if (operator === "!=") return one !== other;
  throw unreadable(scope, node);
}

/** A parameter, a variable, or a resource: of that only the id can be told, and it is the name by which the file knows it. */
function named(scope: Scope, node: Node): Value {
  const declaration = scope.declared.get(node.text);
  if (declaration?.type === "resource_declaration") return { id: node.text };
  if (declaration?.type === "variable_declaration") return valueOf(scope, partsOf(declaration).at(-1)!);
  if (declaration?.type !== "parameter_declaration") throw unreadable(scope, node);
  if (!Object.hasOwn(scope.parameters, node.text)) throw new Error(`${scope.file}: the parameter ${node.text} is not given`);
  return scope.parameters[node.text]!;
}

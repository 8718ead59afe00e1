/** Reads a JSON request body, and a query, by a schema; what is wrong comes back as a problem document that names each field. */
import type { HttpRequest } from "@azure/functions";
import * as v from "valibot";
import { readFilter } from "../api/filter.ts";
import { type FieldProblem, ProblemError } from "./problem.ts";

const MAX_BODY = 16_384;

async function parse(request: HttpRequest): Promise<unknown> {
  const text = await request.text();
  if (text.length > MAX_BODY) throw new ProblemError(400, `The body has ${text.length} characters; at most ${MAX_BODY} are read.`);
  if (text.trim() === "") throw new ProblemError(400, "Send a JSON object as the body.");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError(400, `The body is no JSON: ${String(error)}.`);
  }
}

function toField({ path, kind, message, expected }: v.BaseIssue<unknown>): FieldProblem {
  if (!path) return { field: "(body)", problem: message };
  const isMissing = path.at(-1)?.value === undefined && kind === "schema";
  // A strict object says of a member that it does not have: "Expected never".
  const isUnknown = expected === "never";
  return {
    field: path.map((part) => String(part.key)).join("."),
    problem: isMissing ? "is missing" : isUnknown ? "is not known" : message,
  };
}

const oncePerField = (all: readonly FieldProblem[]): FieldProblem[] =>
  all.filter(({ field }, i) => all.findIndex((one) => one.field === field) === i);

export async function readBody<T extends v.GenericSchema>(request: HttpRequest, schema: T): Promise<v.InferOutput<T>> {
  const parsed = v.safeParse(schema, await parse(request));
  if (parsed.success) return parsed.output;
  throw new ProblemError(400, "The body is not what is expected; see errors.", parsed.issues.map(toField));
}

const wrongQuery = (problems: readonly FieldProblem[]): ProblemError =>
  new ProblemError(400, "The query is wrong; see errors.", oncePerField(problems));

/** What a `$filter` chooses, as the parameters of these names. It is left where it is: a list that takes none says so. */
function chosenIn(query: URLSearchParams): [name: string, value: string][] {
  const filter = query.get("$filter");
  if (filter === null) return [];
  const chosen = readFilter(filter);
  if (typeof chosen === "string") throw wrongQuery([{ field: "$filter", problem: chosen }]);
  return chosen.map(({ name, value }) => [name, value]);
}

/** A parameter that is not known must not look as if it had been heeded, nor one of two that are given. */
export function readQuery<T extends v.GenericSchema>(request: HttpRequest, schema: T): v.InferOutput<T> {
  const asked = [...request.query, ...chosenIn(request.query)];
  const names = asked.map(([name]) => name);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length > 0) throw wrongQuery(twice.map((field) => ({ field, problem: "is given more than once" })));
  const parsed = v.safeParse(schema, Object.fromEntries(asked));
  if (parsed.success) return parsed.output;
  throw wrongQuery(parsed.issues.map(toField));
}

/** Reads a JSON request body by a schema; what is wrong comes back as a problem document that names each field. */
import type { HttpRequest } from "@azure/functions";
import * as v from "valibot";
import { type FieldProblem, ProblemError } from "./problem.ts";

const MAX_BODY = 16_384;

async function parse(request: HttpRequest): Promise<unknown> {
  const text = await request.text();
  if (text.length > MAX_BODY) throw new ProblemError(400, `The body has ${text.length} characters; at most ${MAX_BODY} are read.`);
  if (text.trim() === "") throw new ProblemError(400, "Send a JSON object as the body.");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError(400, `The body is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

const toField = (issue: v.BaseIssue<unknown>): FieldProblem => ({
  field: issue.path?.map((part) => String(part.key)).join(".") ?? "(body)",
  problem: issue.path?.at(-1)?.value === undefined && issue.kind === "schema" ? "is missing" : issue.message,
});

export async function readBody<T extends v.GenericSchema>(request: HttpRequest, schema: T): Promise<v.InferOutput<T>> {
  const parsed = v.safeParse(schema, await parse(request));
  if (parsed.success) return parsed.output;
  throw new ProblemError(400, "The body is not what is expected; see errors.", parsed.issues.map(toField));
}

/** Query parameter `$top`: how many, from 1 to 200. */
export function readTop(request: HttpRequest, fallback: number): number {
  const text = request.query.get("$top");
  if (text === null) return fallback;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1 || top > 200)
    throw new ProblemError(400, "The query is wrong; see errors.", [{ field: "$top", problem: "must be a whole number from 1 to 200" }]);
  return top;
}

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

export async function readBody<T extends v.GenericSchema>(request: HttpRequest, schema: T): Promise<v.InferOutput<T>> {
  const parsed = v.safeParse(schema, await parse(request));
  if (parsed.success) return parsed.output;
  throw new ProblemError(400, "The body is not what is expected; see errors.", parsed.issues.map(toField));
}

const badQuery = (field: string, problem: string): ProblemError =>
  new ProblemError(400, "The query is wrong; see errors.", [{ field, problem }]);

/** Query parameter `$top`: how many, from 1 to 200. */
export function readTop(request: HttpRequest, fallback: number): number {
  const text = request.query.get("$top");
  if (text === null) return fallback;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1 || top > 200) throw badQuery("$top", "must be a whole number from 1 to 200");
  return top;
}

/** Query parameter `$skipToken`, as a nextLink has it: another one must not look like the end of the list. */
export function readSkipToken(request: HttpRequest, shape: RegExp): { continuation?: string } {
  const token = request.query.get("$skipToken");
  if (token === null) return {};
  if (!shape.test(token)) throw badQuery("$skipToken", "must be that of a nextLink");
  return { continuation: token };
}

const STATES = ["working", "waiting", "closed"];

/** Query parameter `state`: a word that is none must not look like "there are none". */
export function readState(request: HttpRequest): string | undefined {
  const state = request.query.get("state") ?? undefined;
  if (state !== undefined && !STATES.includes(state)) throw badQuery("state", `must be one of ${STATES.join(", ")}`);
  return state;
}

/** Query parameter that can't be left out. */
export function readQuery(request: HttpRequest, name: string): string {
  const text = request.query.get(name);
  if (!text) throw badQuery(name, "is missing");
  return text;
}

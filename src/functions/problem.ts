/** RFC 9457 problem documents: what is wrong, where, and what to do. */
import type { HttpResponseInit } from "@azure/functions";

export type FieldProblem = { field: string; problem: string };

const TITLES = {
  400: "The request is wrong",
  401: "Who are you?",
  403: "You may not",
  404: "There is no such thing",
  409: "It has changed meanwhile",
  424: "Keymend can't see it",
  503: "Azure does not answer just now",
};

type Status = keyof typeof TITLES;

/** A problem document; fields name each wrong part of the request. */
const problem = (
  status: Status,
  detail: string,
  fields: readonly FieldProblem[] = [],
  headers: Record<string, string> = {},
): HttpResponseInit => ({
  status,
  headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
  jsonBody: {
    type: "about:blank",
    title: TITLES[status],
    status,
    detail,
    ...(fields.length > 0 ? { errors: fields } : {}),
  },
});

/** Ends a request with a problem document. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly response: HttpResponseInit;
  constructor(status: Status, detail: string, fields: readonly FieldProblem[] = [], headers: Record<string, string> = {}) {
    super(detail);
    this.response = problem(status, detail, fields, headers);
  }
}

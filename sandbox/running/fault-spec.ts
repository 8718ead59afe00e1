/** A fault as it is asked for by the control API, checked. */
import * as v from "valibot";
import type { FaultSpec } from "../azure/faults.ts";

const text = v.pipe(v.string(), v.nonEmpty());
const count = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least));

const schema = v.strictObject({
  match: v.exactOptional(
    v.strictObject({
      method: v.exactOptional(text),
      host: v.exactOptional(text),
      path: v.exactOptional(text),
      caller: v.exactOptional(text),
    }),
  ),
  fault: v.strictObject({
    kind: v.picklist(["status", "reset", "timeout", "lostAnswer", "operationFails"]),
    status: v.exactOptional(v.pipe(count(400), v.maxValue(599))),
    code: v.exactOptional(text),
    message: v.exactOptional(text),
    retryAfter: v.exactOptional(count(0)),
  }),
  after: v.exactOptional(count(0)),
  times: v.exactOptional(count(1)),
});

/** Throws with every problem and where it is. */
export function readFault(body: unknown): FaultSpec {
  const result = v.safeParse(schema, body);
  if (!result.success) {
    const problems = result.issues.map((issue) => `${v.getDotPath(issue) ?? "the body"}: ${issue.message}`);
    throw new Error(problems.join("; "));
  }
  const { fault } = result.output;
  if (fault.kind === "status" && fault.status === undefined) throw new Error("fault.status: a fault of kind status needs one");
  return result.output;
}

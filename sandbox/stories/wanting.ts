/** How people want something on purpose: through the app's operations API, and what they hear of it. */
import * as v from "valibot";
import type { JsonObject } from "../azure/world.ts";
import { readPlan, say, untilAsked } from "./acts.ts";
import type { StoryContext } from "./story.ts";

const operation = v.object({
  id: v.string(),
  state: v.picklist(["working", "waiting", "closed"]),
  outcome: v.nullable(v.string()),
  requirements: v.array(
    v.object({
      name: v.string(),
      state: v.picklist(["met", "unmet", "unknown"]),
      detail: v.string(),
      az: v.optional(v.array(v.string())),
      items: v.optional(v.array(v.string())),
    }),
  ),
  plan: v.nullable(v.object({ steps: v.array(v.object({ name: v.string() })) })),
  undo: v.array(v.string()),
  disposable: v.nullable(v.object({ from: v.string(), az: v.array(v.string()) })),
});

export type Operation = v.InferOutput<typeof operation>;

/** What the app answers first to whoever wants it, and that it wrote nothing. */
export async function want({ operator, tell }: StoryContext, body: JsonObject & { operation: string; reason: string }): Promise<Operation> {
  const dry = await operator.app("POST", "/api/operations", { ...body, dryRun: true });
  if (dry.status !== 200) throw new Error(`the dry run was answered ${dry.status}: ${JSON.stringify(dry.body)}`);
  const { status, body: answer } = await operator.app("POST", "/api/operations", body);
  if (status !== 202) throw new Error(`the operation was answered ${status}: ${JSON.stringify(answer)}`);
  tell(`${operator.principal.name} wants ${body.operation}: "${body.reason}"`);
  return v.parse(operation, answer);
}

export async function readOperation({ operator }: StoryContext, id: string): Promise<Operation> {
  const { status, body } = await operator.app("GET", `/api/operations/${id}`);
  if (status !== 200) throw new Error(`the app answers ${status} to GET operation ${id}`);
  return v.parse(operation, body);
}

/** Somebody else agrees to the one thing that is asked about it, and it is waited for until it is over. */
export async function seeThrough(context: StoryContext, id: string): Promise<Operation> {
  const asked = (await untilAsked(context)) && (await readPlan(context));
  if (asked) await say(context, asked, "approve", "it is ours");
  await context.until("the operation to be over", async () => (await readOperation(context, id)).state === "closed");
  return readOperation(context, id);
}

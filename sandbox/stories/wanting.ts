/** How people want something on purpose: through the app's operations API, and what they hear of it. */
import * as v from "valibot";
import type { JsonObject } from "../azure/world.ts";
import { approveAll, untilAnswered } from "./acts.ts";
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
  applied: v.array(v.object({ name: v.string(), result: v.string() })),
  undo: v.array(v.string()),
  disposable: v.nullable(v.object({ from: v.string(), az: v.array(v.string()) })),
});

export type Operation = v.InferOutput<typeof operation>;

/** Azure refused that step, and it went on without. */
export const isRefused = ({ applied }: Operation, step: string): boolean =>
  applied.some(({ name, result }) => name === step && result === "refused");

/** What the app answers first to whoever wants it, and that it wrote nothing. */
export async function want(context: StoryContext, body: JsonObject & { operation: string; reason: string }): Promise<Operation> {
  const { operator, tell } = context;
  const post = (sent: JsonObject) => untilAnswered(context, () => operator.app("POST", "/api/operations", sent));
  const dry = await post({ ...body, dryRun: true });
  if (dry.status !== 200) throw new Error(`the dry run was answered ${dry.status}: ${JSON.stringify(dry.body)}`);
  const { status, body: answer } = await post(body);
  if (status !== 202) throw new Error(`the operation was answered ${status}: ${JSON.stringify(answer)}`);
  tell(`${operator.principal.name} wants ${body.operation}: "${body.reason}"`);
  return v.parse(operation, answer);
}

type Ending = { outcome?: "Completed" | "Refused"; limitMs?: number };

/**
 * Lets time pass until it is over (limitMs: 4 hours, where nothing is said). Undefined: it ended otherwise, which is judged from outside;
 * nothing is to be looked for then.
 */
export async function untilOver(
  context: StoryContext,
  id: string,
  { outcome = "Completed", limitMs }: Ending = {},
): Promise<Operation | undefined> {
  let over: Operation | undefined;
  const isOver = async (): Promise<boolean> => {
    const { status, body } = await context.operator.app("GET", `/api/operations/${id}`);
    // As above: what is needed no more is looked for in Azure.
    if (status === 503) return false;
    if (status !== 200) throw new Error(`the app answers ${status} to GET operation ${id}`);
    over = v.parse(operation, body);
    return over.state === "closed";
  };
  await context.until("the operation to be over", isOver, limitMs);
  return over!.outcome === outcome ? over : undefined;
}

/** Somebody else agrees to all that is asked about it, and it is waited for until it is over. */
export async function seeThrough(context: StoryContext, id: string): Promise<Operation | undefined> {
  await approveAll(context, "it is ours");
  return untilOver(context, id);
}

/** How a team takes its identity's grant away on purpose, of one of its databases, and takes that back; held against Azure's own books. */
import { isDeepStrictEqual } from "node:util";
import type { Json } from "../azure/world.ts";
import type { Patient } from "../estate/estate.ts";
import type { Story, StoryContext } from "./story.ts";
import { seeThrough, untilOver, want } from "./wanting.ts";

/** grant: what is to go and to come back, empty while it is gone. beside: what stays as it is throughout. */
export type Books = { grant: Json[]; beside: Json };

export function revokedAndRestored(read: (context: StoryContext) => Books): Required<Pick<Story, "break" | "after">> {
  const before = new WeakMap<Patient, Books>();
  const requireGone = (context: StoryContext): void => {
    const { grant, beside } = read(context);
    if (grant.length > 0) throw new Error(`the identity holds what was taken away: ${JSON.stringify(grant)}`);
    if (!isDeepStrictEqual(beside, before.get(context.patient)?.beside))
      throw new Error(`more than the grant was taken away: ${JSON.stringify(beside)}`);
  };
  return {
    async break(context) {
      const { patient, tell } = context;
      const { name, id: scope } = patient.databases[0]!;
      const books = read(context);
      if (books.grant.length === 0) throw new Error("there is no grant that could be taken away");
      before.set(patient, books);
      const { id } = await want(context, { operation: "revoke", scope, confirm: name, reason: "a drill" });
      const closed = await untilOver(context, id);
      if (!closed) return void before.delete(patient);
      if (closed.outcome !== "Completed" || closed.undo.length === 0)
        throw new Error(`the grant is not taken away, or there is no way back: ${JSON.stringify(closed)}`);
      requireGone(context);
      tell(`the grant of ${patient.identity.name} is gone`);
    },
    async after(context) {
      const { patient } = context;
      await context.until("the revocation to be closed", context.isOver);
      if (!before.has(patient)) return;
      // Long enough for a look that must leave it alone.
      await context.wait(5 * 60_000);
      requireGone(context);
      context.goOn();
      const { id } = await want(context, { operation: "restore", scope: patient.databases[0]!.id, reason: "the drill is over" });
      if (!(await seeThrough(context, id))) return;
      const books = read(context);
      if (!isDeepStrictEqual(books, before.get(patient)))
        throw new Error(`the grant is not as it was, ${JSON.stringify(before.get(patient))}, but ${JSON.stringify(books)}`);
    },
  };
}

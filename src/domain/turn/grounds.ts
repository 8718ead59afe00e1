/** What a verdict rests on. Where all of it is as it was, it is the same trouble as last time; where any of it is not, it is judged anew. */
import type { Diagnosis } from "../cause.ts";
import type { Facts } from "../facts.ts";
import type { Settings } from "../settings.ts";
import type { Plan } from "../plan.ts";
import { standingRevocations } from "../wish.ts";
import type { Held } from "./restraint.ts";
import { causesOf, signature } from "./same-trouble.ts";

type Look = {
  facts: Facts;
  diagnosis: Diagnosis;
  plan: Plan;
  settings: Settings;
  /** Why nothing at all is written. */
  held: Held | null;
  /** What Keymend itself may do where it was refused before; undefined where it was not. */
  permissions?: unknown;
};

const OWN_TAG = /^\s*keymend:/i;

/** As entries, by their names. */
const ownTags = (tags: Record<string, string>): unknown =>
  Object.keys(tags)
    .filter((name) => OWN_TAG.test(name))
    .toSorted((a, b) => a.localeCompare(b))
    .map((name) => [name, tags[name]]);

/** Every thing that may carry a tag, with those that mean something to Keymend. */
function tagsOf({ vault, keys, targets }: Facts): unknown {
  const tagged = [vault, ...keys, ...targets].flatMap((one) => (one !== null && "tags" in one ? [one] : []));
  return tagged.map(({ name, tags }) => [name, ownTags(tags)]);
}

/** Plain JSON, the same for the same. What only waits for the service to notice is no ground. */
export const groundsOf = ({ facts, diagnosis, plan, settings, held, permissions }: Look): unknown => ({
  causes: signature(causesOf(diagnosis).filter(({ code }) => code !== "Revalidating")),
  phases: diagnosis.targets.map(({ id, phase }) => [id.toLowerCase(), phase]),
  tags: tagsOf(facts),
  lifted: (facts.lifted ?? []).map(({ targetId, tag, value }) => [targetId.toLowerCase(), tag, value]),
  revoked: standingRevocations(facts.wishes ?? []).map(({ id }) => id),
  // What only a wish asks for is over with it.
  steps: plan.steps.filter(({ wish, causes }) => wish === undefined || causes.length > 0).map(({ id, needs }) => [id, needs]),
  blocks: plan.blocks.map(({ cause, kind }) => [cause, kind]),
  settings,
  held: held && [held.reason, held.since],
  permissions: permissions ?? null,
});

import { pauseOrResume } from "./acts.ts";
import { storm } from "./storm.ts";
import type { Story, StoryContext } from "./story.ts";

const SECOND = 1000;
const AT_ONCE = 2;
const VAULTS = 5;

const SHOWS_AFTER = 20 * SECOND;

/** Reads lag behind the newest grant. */
function showLater({ world }: StoryContext): void {
  const [id, newest] = [...world.roleAssignments].at(-1)!;
  world.roleAssignments.delete(id);
  world.clock.in(SHOWS_AFTER, "a grant shows", () => void world.roleAssignments.set(id, newest));
}

const { reason: _, ...takenAtOnce } = storm;

export const stormResumed: Story = {
  ...takenAtOnce,
  name: "storm-resumed",
  title: "somebody has looked at what took the keys of many vaults at once and lets Keymend write: it mends two vaults at a time",
  phases: ["revoked"],
  maxWrites: VAULTS,
  outcome: { revoked: "Healed" },
  settings: { ...storm.settings, KEYMEND_MAX_VAULTS_AT_ONCE: String(AT_ONCE) },
  async after(context) {
    await context.until("the app to refuse", context.isOver);
    await context.wait(600 * SECOND);
    if (context.world.writes.some(({ keymend }) => keymend)) throw new Error("the app wrote before anybody had let it");
    context.goOn();
    // Until a grant shows, its vault is still being mended.
    context.arm({
      match: { method: "PUT", path: "/roleAssignments/", caller: "keymend" },
      fault: { kind: "keptOtherwise", keep: () => showLater(context) },
      times: VAULTS,
    });
    await pauseOrResume(context, "resume", { reason: "a template of ours, it is mended; put them back" });
    const times = (): number[] => context.world.writes.filter(({ keymend }) => keymend).map(({ at }) => Date.parse(at));
    await context.until("all of them to be mended", () => times().length >= VAULTS);
    if (times().some((at, i, all) => (all[i + AT_ONCE] ?? Infinity) - at < SHOWS_AFTER)) throw new Error("the app mended more at once");
  },
};

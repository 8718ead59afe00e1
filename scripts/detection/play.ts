/** A story cut short: broken at a moment that the seed draws, and left once the app has named its cause. */
import * as v from "valibot";
import { type AuditRow, listAudit } from "../../sandbox/running/app-api.ts";
import type { Actor } from "../../sandbox/running/actor.ts";
import { appEventOf } from "../../sandbox/play/narrator.ts";
import type { Scene } from "../../sandbox/play/scene.ts";
import type { SceneRunner } from "../../sandbox/play/scene-runner.ts";
import { silent } from "../../sandbox/play/timeline.ts";
import { truePhase } from "../../sandbox/play/watch.ts";
import { incidentsOf } from "../../sandbox/stories/acts.ts";
import type { StoryContext } from "../../sandbox/stories/story.ts";
import type { CauseCode } from "../../src/domain/cause-code.ts";
import { type Shows, showsFrom, type Way } from "./ways.ts";

/** ms: from when it could be seen until it was named; null where it never was. by: what led the app to that look. */
export type Detection = { ms: number | null; by: string };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Whoever is not looked at in that time, in which every full look comes once, is not seen. */
const GIVE_UP_AFTER = 70 * MINUTE;
/** A whole period of the sweep, every second of it as likely, and the first one through. */
const WITHIN_A_PERIOD = [10, 309] as const;
/** Where the service itself is to tell, its check falls anywhere in a period as well. */
const CHECK_IN_MINUTES = [5, 10] as const;

const findings = v.object({ causes: v.array(v.object({ code: v.string() })) });
const signal = v.object({ source: v.string(), what: v.string(), at: v.string() });

const turnOf = ({ entryId }: AuditRow): string => entryId.split("-")[0]!;

const names = (cause: CauseCode, row: AuditRow): boolean => {
  const found = v.safeParse(findings, row.data);
  return (
    (row.kind === "diagnosis" || row.kind === "verification") && found.success && found.output.causes.some(({ code }) => code === cause)
  );
};

/** When a cause was first named, and what that look was asked for by: of several the one that came first. */
export function firstNaming(audit: readonly AuditRow[], cause: CauseCode): { at: number; by: string } | undefined {
  const naming = audit.find((row) => names(cause, row));
  if (!naming) return undefined;
  const signals = audit.flatMap((row) => {
    const told = v.safeParse(signal, row.data);
    return row.kind === "signal" && turnOf(row) === turnOf(naming) && told.success ? [told.output] : [];
  });
  const [first] = signals.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return { at: Date.parse(naming.at), by: first === undefined ? "its own next look" : first.what };
}

async function namingIn(
  reader: Actor,
  { patient }: StoryContext,
  since: string,
  cause: CauseCode,
): Promise<ReturnType<typeof firstNaming>> {
  for (const { id } of await incidentsOf(reader, patient, since)) {
    const naming = firstNaming(await listAudit(reader, id), cause);
    if (naming) return naming;
  }
  return undefined;
}

function showsNow(shows: Shows, { patient, world }: StoryContext): boolean {
  const { databases } = patient;
  // Each is checked at its own time: the first is enough.
  if (shows === "word") return databases.some(({ check }) => check.revoked);
  return shows === "break" || databases.some((database) => truePhase(world, database) === "recovering");
}

type Broken = { context: StoryContext; since: string };

/** Lets time pass until it is named. */
async function detect({ sandbox }: Scene, { context, since }: Broken, cause: CauseCode, isNews: () => boolean): Promise<Detection> {
  const { clock } = sandbox.world;
  const reader = sandbox.actor(sandbox.estate.reader);
  const shows = showsFrom(cause);
  let shownAt: number | undefined;
  let naming: ReturnType<typeof firstNaming>;
  const isNamed = async (): Promise<boolean> => {
    if (shownAt === undefined && showsNow(shows, context)) shownAt = clock.now();
    if (naming === undefined && isNews()) naming = await namingIn(reader, context, since, cause);
    return naming !== undefined && shownAt !== undefined;
  };
  const isSeen = await sandbox.time.until(isNamed, clock.now() + GIVE_UP_AFTER);
  if (shownAt === undefined) throw new Error(`${cause} never came about`);
  // Named while the story was still at it.
  return isSeen ? { ms: Math.max(0, naming!.at - shownAt), by: naming!.by } : { ms: null, by: "nothing" };
}

export async function playDetection(
  scenes: SceneRunner,
  { cause, story, kind }: Way,
  seed: number,
  withEvents: boolean,
): Promise<Detection> {
  let broken: Broken | undefined;
  let [news, heard] = [0, 0];
  const failed = Promise.withResolvers<never>();
  const shows = showsFrom(cause);
  const scene = await scenes.open({
    story: {
      ...story,
      ...(shows === "word" ? { checkInMinutes: CHECK_IN_MINUTES } : {}),
      break(context) {
        broken = { context, since: context.world.clock.iso() };
        if (!withEvents) context.disturb({ kind: "drop", times: Number.POSITIVE_INFINITY });
        return story.break(context);
      },
    },
    kinds: [kind],
    // What comes of a repair takes a service that has noticed.
    phase: shows === "repair" ? "revoked" : "grace",
    seed,
    mode: story.mode ?? "heal",
    alone: true,
    speed: 0,
    beginsWithin: WITHIN_A_PERIOD,
    timeline: silent,
    onError: failed.reject,
    onLog(log) {
      const event = appEventOf(log)?.event;
      if (event === "diagnosis" || event === "verification") news++;
    },
  });
  const isNews = (): boolean => {
    const isMore = news > heard;
    heard = news;
    return isMore;
  };
  try {
    await Promise.race([scene.begin(), failed.promise]);
    return await Promise.race([detect(scene, broken!, cause, isNews), failed.promise]);
  } finally {
    await scene.sandbox.close();
  }
}

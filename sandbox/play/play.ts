/** `npm start`: plays one story, shows or reports it, and, unless told otherwise, stays up afterwards. */
import type { PlayCommand } from "./cli.ts";
import { startControl } from "../running/control.ts";
import type { Sandbox } from "../running/sandbox.ts";
import { watchLifetime } from "../running/lifetime.ts";
import { type Ended, openScene, type Scene } from "./scene.ts";
import { createTimeline, type Timeline } from "./timeline.ts";

/** One hour of virtual time in 30 seconds. */
const SPEED = 120;
/** How often the timeline looks whether it has been silent for long, wall ms. */
const LOOK = 250;

/** Told to stop before the story ended. */
class Stopped extends Error {}

function timelineOn(stream: NodeJS.WriteStream, elapsed: () => number): Timeline {
  const terminal = stream.isTTY;
  return createTimeline({
    write: (text) => void stream.write(text),
    elapsed,
    color: terminal && !process.env["NO_COLOR"],
    interactive: terminal,
    columns: () => (terminal && stream.columns > 0 ? stream.columns : 110),
  });
}

function banner({ story, seed, once, kind, phase }: PlayCommand): string[] {
  const pace = once ? "as fast as it goes" : "one hour = 30 seconds   Ctrl-C stops it";
  const which = [kind, story.phases.length > 1 ? phase : undefined].filter((word) => word !== undefined).join(", ");
  return [`Keymend sandbox   seed ${seed}   ${pace}`, `${story.name}${which === "" ? "" : ` (${which})`}: ${story.title}`, ""];
}

const CHAIN = { verified: "chain verified", broken: "CHAIN BROKEN", none: "no chain" };

function summary({ result, faults, told }: Ended): string[] {
  const times = Object.entries(result.virtual).flatMap(([what, after]) => (after === null ? [] : [`${what} after ${after}`]));
  return [
    "",
    `${result.outcome ?? "no outcome"}${result.reason === null ? "" : ` (${result.reason})`}: ${times.join(", ")}; outage: ${result.outage ? "yes" : "no"}`,
    `${result.writes} writes to Azure by Keymend; steps: ${result.steps.join(", ") || "none"}`,
    `audit: ${result.auditRows} rows, ${CHAIN[told.chain]}     try next: npm start -- --list`,
    ...faults.map((fault) => `NOT AS EXPECTED: ${fault}`),
  ];
}

async function stayUp(sandbox: Sandbox, timeline: Timeline, stopped: Promise<never>): Promise<void> {
  const { world, azure, time } = sandbox;
  const control = await startControl({ world, azure, advance: (ms) => time.advance(ms) });
  timeline.waitFor(undefined);
  timeline.note("");
  timeline.note(`dashboard ${sandbox.hostUrl}/api/dashboard/   sign in as reader, operator or approver`);
  timeline.note(`operations API ${sandbox.hostUrl}/api   control API ${control.controlUrl}`);
  timeline.note("the sandbox goes on as it is; Ctrl-C stops it");
  try {
    await stopped;
  } finally {
    await control.close();
  }
}

type Output = { command: PlayCommand; timeline: Timeline; stopped: Promise<never> };

async function perform(scene: Scene, startedWall: number, { command, timeline, stopped }: Output): Promise<number> {
  const ended = await Promise.race([scene.play(startedWall), stopped]);
  for (const line of summary(ended)) timeline.note(line);
  if (command.json) process.stdout.write(`${JSON.stringify(ended.result)}\n`);
  if (!command.once) await stayUp(scene.sandbox, timeline, stopped);
  return ended.faults.length === 0 ? 0 : 1;
}

export async function play(command: PlayCommand): Promise<number> {
  const startedWall = performance.now();
  const { story, kind, phase, seed, json, once } = command;
  const lifetime = watchLifetime();
  let elapsed = (): number => 0;
  const timeline = timelineOn(json ? process.stderr : process.stdout, () => elapsed());
  for (const line of banner(command)) timeline.note(line);
  timeline.waitFor("Azure, its network, the tables and the app are starting");
  // Also while nothing moves the clock: nobody looks at a silent screen.
  const ticking = setInterval(() => timeline.tick(), LOOK).unref();
  const stop = Promise.withResolvers<never>();
  // Nobody waits for it until the play runs: stopped before that is no crash.
  stop.promise.catch(() => {});
  void lifetime.ended.then((why) => stop.reject(new Stopped(why)));
  const scene = await openScene({
    story,
    kinds: kind ? [kind] : story.kinds,
    phase,
    seed,
    mode: command.mode ?? story.mode ?? "heal",
    speed: once ? 0 : SPEED,
    timeline,
    onError: stop.reject,
  });
  elapsed = () => scene.elapsed();
  try {
    return await perform(scene, startedWall, { command, timeline, stopped: stop.promise });
  } catch (error) {
    timeline.end();
    if (!(error instanceof Stopped)) throw error;
    timeline.note(`stopping (${error.message})`);
    // Whoever stops a sandbox that merely stays up wanted just that.
    return once ? 130 : 0;
  } finally {
    clearInterval(ticking);
    await scene.sandbox.close();
    lifetime.release();
  }
}

/**
 * `npm run record`: plays stories and keeps the audit of their incidents in test/fixtures/incidents, for `keymend replay` to run today's rules
 * over. To be run anew only where the rules are meant to decide otherwise; what they do then shows in the difference of those files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Kind } from "../sandbox/estate/estate.ts";
import { openScene } from "../sandbox/play/scene.ts";
import { silent } from "../sandbox/play/timeline.ts";
import { getIncident, listAudit } from "../sandbox/running/app-api.ts";
import { stories } from "../sandbox/stories/index.ts";
import type { StoryPhase } from "../sandbox/stories/story.ts";

const FOLDER = "test/fixtures/incidents";

/** Of the ways in which a key is lost: grant, policy, version, key, vault. */
const RECORDED: readonly [story: string, kind: Kind, phase: StoryPhase][] = [
  ["role-removed", "account", "grace"],
  ["key-expired", "account", "revoked"],
  ["vault-deleted", "account", "revoked"],
  ["key-disabled", "cluster", "grace"],
  ["policy-removed", "cluster", "revoked"],
];

async function record(name: string, kind: Kind, phase: StoryPhase): Promise<string> {
  const story = stories.find((one) => one.name === name);
  if (!story) throw new Error(`there is no story ${name}`);
  const failed = Promise.withResolvers<never>();
  const options = { story, kinds: [kind], phase, seed: 7, mode: story.mode ?? ("heal" as const), alone: true, speed: 0 };
  const scene = await openScene({ ...options, timeline: silent, onError: failed.reject });
  try {
    const { told } = await Promise.race([scene.play(performance.now()), failed.promise]);
    if (!told.incident) throw new Error(`${name} left no incident`);
    const reader = scene.sandbox.actor(scene.sandbox.estate.reader);
    const { id, audit } = await getIncident(reader, told.incident.id);
    const exported = {
      format: "keymend/audit/1",
      incidentId: id,
      exportedAt: scene.sandbox.world.clock.iso(),
      seal: audit ?? null,
      chain: null,
    };
    return JSON.stringify({ ...exported, rows: await listAudit(reader, id) });
  } finally {
    await scene.sandbox.close();
  }
}

mkdirSync(FOLDER, { recursive: true });
const only = process.argv.slice(2);
for (const [story, kind, phase] of RECORDED) {
  const name = `${story}-${kind}-${phase}`;
  if (only.length > 0 && !only.includes(story)) continue;
  writeFileSync(`${FOLDER}/${name}.json`, `${await record(story, kind, phase)}\n`);
  console.log(name);
}

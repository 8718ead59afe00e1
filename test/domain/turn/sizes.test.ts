/** The most that one vault comes with, through a whole incident: what is kept of it fits a row, and healing goes on. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { AccessPolicy, Facts, TargetFacts } from "../../../src/domain/facts.ts";
import type { AppliedStep, Incident, PlannedStep } from "../../../src/domain/incident.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import type { Step } from "../../../src/domain/steps/step.ts";
import { toIso, toMs } from "../../../src/domain/time.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import { toRow } from "../../../src/storage/rows.ts";
import {
  aBaseline,
  aCluster,
  aHolder,
  anAccount,
  anIdentity,
  aPolicyVault,
  identityIdOf,
  NOW,
  someFacts,
  someSettings,
  TENANT,
} from "../../support/builders.ts";
import { aSignal, PATIENT } from "../../support/turns.ts";

const digest = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");
/** Ids that repeat nothing, which no packing makes small. */
const guid = (of: string): string => {
  const hex = digest(of);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
};
const DATABASES = 500;
const POLICIES = 1024;
const NEEDED = ["get", "list", "wrapKey", "unwrapKey"];
const ALL = "get list update create import delete recover backup restore decrypt encrypt unwrapKey wrapKey verify sign purge".split(" ");

const principalOf = (i: number): string => guid(`principal ${i}`);
const databaseOf = (i: number): TargetFacts => {
  const make = i % 2 === 0 ? anAccount : aCluster;
  const identityId = identityIdOf(`id-${guid(`name ${i}`)}`);
  const { id } = make();
  return make({
    id: `${id.replace("rg-orders", `rg-${guid(`group ${i}`)}`)}-${i}`,
    name: `${make().name}-${i}`,
    attached: [{ id: identityId, principalId: principalOf(i), clientId: principalOf(i) }],
    defaultIdentity: { form: "user", id: identityId, federatedClientId: null },
  });
};
const policyOf = (objectId: string, keys: string[]): AccessPolicy => ({ tenantId: TENANT, objectId, applicationId: null, keys });

/** Every database reaches the one key by an identity of its own, and every policy of them is gone. */
const targets = Array.from({ length: DATABASES }, (_, i) => databaseOf(i));
const others = Array.from({ length: POLICIES - DATABASES }, (_, i) => policyOf(guid(`other ${i}`), ALL));
const vault = aPolicyVault([], { policies: others });
const START = someFacts({
  vault,
  targets,
  identities: targets.map(({ attached: [one] }) => anIdentity(one!.id.split("/").at(-1), one!.principalId!)),
  access: [],
  baseline: aBaseline({
    permissionModel: "policies",
    policies: [...others, ...targets.map((_, i) => policyOf(principalOf(i), NEEDED))],
    defaultIdentities: Object.fromEntries(
      targets.map((target) => [target.id.toLowerCase(), `UserAssignedIdentity=${target.attached[0]!.id}`]),
    ),
    holders: Object.fromEntries(targets.map((target, i) => [target.id.toLowerCase(), aHolder({ principalId: principalOf(i) })])),
  }),
});

function granted(facts: Facts, step: Step): Facts {
  if (step.name !== "AddAccessPolicyPermissions" || facts.vault?.state !== "live") return facts;
  const policy = policyOf(step.params.principalId!, step.params.keys);
  return { ...facts, vault: { ...facts.vault, policies: [...facts.vault.policies, policy] } };
}

type Look = { incident: Incident | null; facts: Facts; turn: number };

function look({ incident, facts, turn }: Look) {
  const settings = someSettings();
  const diagnosis = diagnose(facts, settings);
  const input = { turn, patient: PATIENT, incident, previous: null, newId: "i1", decisions: [], facts, factsDigest: digest(facts) };
  const given = { ...input, diagnosis, plan: plan(facts, diagnosis, settings), settings, digest, held: null };
  return decideTurn({ ...given, now: facts.at, signals: turn === 0 ? [aSignal()] : [] });
}

function written(incident: Incident, { id, name, on, targetIds, causes }: Step, at: string, over: Partial<AppliedStep> = {}): Incident {
  const entry: AppliedStep = { id, name, on, targetIds, causes, at, result: "done", detail: "d".repeat(2000), ...over };
  return { ...incident, applied: [...incident.applied, entry] };
}

const packed = (incident: Incident): number =>
  Object.values(toRow(incident, "the incident")).reduce<number>((sum, part) => sum + (typeof part === "number" ? 0 : part.length), 0);

/** Azure Tables: a row has 1 MB at most, of which text takes two bytes a letter. */
const ROW = 960_000;

/** Longer than a machine that does much else takes for it, and far shorter than an activity may. */
const timeout = 45_000;

describe("500 databases and 1,024 access policies on one vault", { timeout }, () => {
  const first = look({ incident: null, facts: START, turn: 0 });

  test("are looked at in seconds, one repair after the other, and what is kept of it fits a row", () => {
    const { incident, next } = first;
    if (next.do !== "step") throw new Error(`${next.do} instead of a step`);
    const at = toIso(toMs(START.at) + 1000);
    const second = look({ incident: written(incident!, next.step, at), facts: { ...granted(START, next.step), at }, turn: 1 });
    for (const [turn, decided] of [first, second].entries()) {
      expect(decided.next).toMatchObject({ do: "step", step: { name: "AddAccessPolicyPermissions" } });
      expect(decided.incident!.plan!.steps).toHaveLength(DATABASES - turn);
      expect(packed(decided.incident!)).toBeLessThan(ROW / 2);
    }
  });

  test("of which every repair was refused three times still fit a row, and are handed to a person", () => {
    const tries = (step: PlannedStep): AppliedStep[] =>
      [1, 2, 3].map((n) => {
        const { id, name, on, causes } = step;
        const detail = `NotAccepted: BadRequest: ${`${guid(`${id} ${n}`)} `.repeat(25)}`;
        return { id, name, on, causes, targetIds: [START.targets[0]!.id], at: NOW, result: "refused", detail };
      });
    const incident = { ...first.incident!, applied: first.incident!.plan!.steps.flatMap(tries) };
    const { incident: ended, next } = look({ incident, facts: START, turn: 1 });
    expect(next).toMatchObject({ do: "end", outcome: { code: "Escalated", reason: "NotAccepted" } });
    expect(packed(ended!)).toBeLessThan(ROW);
  });
});

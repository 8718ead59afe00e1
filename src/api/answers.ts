/** What the operations API answers. Whoever reads it passes over members that are new: more may come. Times are ISO 8601 in UTC. */
import * as v from "valibot";
import { KINDS, PHASES, STATES } from "./requests.ts";

const TEXT = v.string();
const TEXTS = v.array(TEXT);
const TIME = v.pipe(v.string(), v.isoTimestamp());
const nullable = <T extends v.GenericSchema>(schema: T) => v.nullable(schema);
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));

const STATE = v.picklist(STATES);
const KIND = v.picklist(KINDS);
const PHASE = v.picklist(PHASES);
const OUTCOME = v.picklist([
  "Prevented",
  "OutageAvoided",
  "Healed",
  "Completed",
  "NoChangeNeeded",
  "Observed",
  "Refused",
  "Superseded",
  "Escalated",
  "Unrecoverable",
]);
const NEEDS = v.picklist(["nothing", "approval"]);

const page = <T extends v.GenericSchema>(item: T) =>
  v.object({
    value: v.array(item),
    nextLink: v.optional(v.pipe(v.string(), v.description("Where the rest is; absent on the last page."))),
  });

export const PROBLEM = v.object({
  type: TEXT,
  title: TEXT,
  status: v.pipe(v.number(), v.integer()),
  detail: v.pipe(v.string(), v.description("What is wrong and what to do.")),
  errors: v.optional(v.array(v.object({ field: TEXT, problem: TEXT }))),
});

const OF_INCIDENT = {
  id: TEXT,
  vaultId: TEXT,
  openedAt: TIME,
  closedAt: nullable(TIME),
  since: v.pipe(
    TIME,
    v.description("When the trouble began, as far as it is known: when the first event came about, or the incident was opened."),
  ),
  fixedAt: v.pipe(
    nullable(TIME),
    v.description(
      "When the last database was well again: its way to the key, and where the service had noticed, by its own word. Null where nothing was mended.",
    ),
  ),
  state: STATE,
  outcome: nullable(OUTCOME),
  reason: nullable(TEXT),
  detail: TEXT,
};

export const INCIDENT_SUMMARY = v.object({
  ...OF_INCIDENT,
  nextLookAt: nullable(TIME),
  causes: v.pipe(TEXTS, v.description("Codes of docs/causes.md.")),
  targets: v.pipe(TEXTS, v.description("Resource ids of databases.")),
});
export const INCIDENT_LIST = page(INCIDENT_SUMMARY);

export const PLAN = v.object({
  hash: v.pipe(v.string(), v.description("What a decision is bound to.")),
  steps: v.array(
    v.object({
      id: TEXT,
      name: TEXT,
      on: v.pipe(v.string(), v.description("What it acts on: a resource id, or a key version's URL.")),
      about: nullable(TEXT),
      permission: v.pipe(v.string(), v.description("The Azure permission that it takes.")),
      state: v.picklist(["next", "settles", "waitsForPlace", "waitsForApproval", "waitsForEarlierStep", "refused", "observed", "applied"]),
      why: v.pipe(nullable(TEXT), v.description("What is asked, or why it is refused.")),
      needs: NEEDS,
      undo: nullable(TEXT),
      az: TEXTS,
      operationId: v.optional(v.pipe(v.string(), v.description("The planned operation that it is of; absent for a repair."))),
    }),
  ),
});

const TIMELINE = v.array(v.object({ at: TIME, what: TEXT }));
const RESULT = v.picklist(["done", "alreadyDone", "refused", "failed", "stale"]);

const APPLIED = { name: TEXT, on: TEXT, about: nullable(TEXT), at: TIME, result: RESULT, detail: TEXT, targetIds: TEXTS };
/** What was sent to Azure for it, by the ids that its support and the activity log go by. */
const REQUEST = { method: TEXT, url: TEXT, status: nullable(COUNT), requestId: nullable(TEXT), correlationId: nullable(TEXT) };

export const AUDIT_SEAL = nullable(v.object({ rows: COUNT, head: TEXT }));

export const INCIDENT = v.object({
  ...OF_INCIDENT,
  causes: v.array(v.object({ code: TEXT, targetIds: TEXTS, evidence: TEXTS, contradictions: TEXTS })),
  targets: v.array(
    v.object({
      id: TEXT,
      kind: KIND,
      phase: PHASE,
      phaseBefore: PHASE,
      serviceSays: v.pipe(nullable(TEXT), v.description("The service's own words about its access to the key.")),
      outcome: nullable(OUTCOME),
      reason: nullable(TEXT),
      detail: TEXT,
    }),
  ),
  plan: nullable(PLAN),
  applied: v.array(v.object({ ...APPLIED, requests: v.array(v.object(REQUEST)) })),
  decision: v.pipe(
    nullable(v.object({ planHash: TEXT, steps: TEXTS, expiresAt: TIME })),
    v.description("The approval in force; what is asked stands at plan.steps[].state."),
  ),
  nextLookAt: nullable(TIME),
  tickets: v.pipe(
    v.array(
      v.object({
        name: TEXT,
        subscriptionId: TEXT,
        targetIds: TEXTS,
        state: v.picklist(["wanted", "claimed", "submitted", "open", "refused", "lost"]),
        since: TIME,
        number: v.pipe(nullable(TEXT), v.description("As support calls it.")),
        detail: v.pipe(v.string(), v.description("Why there is none.")),
      }),
    ),
    v.description("What Keymend itself asked Microsoft support for, where it is to."),
  ),
  runbook: v.pipe(TEXTS, v.description("Lines for a POSIX shell with the Azure CLI.")),
  timeline: TIMELINE,
  audit: AUDIT_SEAL,
});

const SUMMARY_OF_OPERATION = {
  id: TEXT,
  operation: TEXT,
  vaultId: TEXT,
  parameters: v.record(v.string(), v.unknown()),
  requestedBy: v.object({ objectId: TEXT, name: TEXT }),
  reason: TEXT,
  requestedAt: TIME,
  until: v.pipe(TIME, v.description("Nothing of it is written after this.")),
  cancelled: nullable(v.object({ at: TIME, by: TEXT, reason: TEXT })),
  state: STATE,
  outcome: nullable(v.picklist(["Completed", "Refused", "Escalated"])),
  reasonCode: nullable(TEXT),
  detail: TEXT,
  closedAt: nullable(TIME),
};
export const OPERATION_SUMMARY = v.object(SUMMARY_OF_OPERATION);
export const OPERATION_LIST = page(OPERATION_SUMMARY);

const OPERATION_ONLY = {
  loses: v.pipe(nullable(TEXT), v.description("What it takes away; null where nothing.")),
  requirements: v.array(
    v.object({
      name: TEXT,
      state: v.picklist(["met", "unmet", "unknown"]),
      detail: TEXT,
      az: TEXTS,
      advised: v.optional(v.pipe(v.literal(true), v.description("It is advice: nothing is refused for it."))),
      ownWork: v.optional(v.pipe(v.literal(true), v.description("The operation itself meets it: nothing is refused for it."))),
      items: v.optional(v.pipe(TEXTS, v.description("What it is unmet for, one each."))),
    }),
  ),
  plan: nullable(PLAN),
  applied: v.array(v.object({ name: TEXT, on: TEXT, at: TIME, result: RESULT, detail: TEXT })),
  progress: v.object({ what: TEXT, percent: nullable(v.number()), since: TIME, etaSeconds: nullable(v.number()) }),
  timeline: TIMELINE,
  undo: v.pipe(TEXTS, v.description("The way back, as command lines.")),
  disposable: v.pipe(
    nullable(v.object({ from: TIME, az: TEXTS })),
    v.description(
      "What is needed no more, as command lines: told from then on only, by a look at the moment of asking; null where nothing is.",
    ),
  ),
};
export const OPERATION = v.object({ ...SUMMARY_OF_OPERATION, incidentId: nullable(TEXT), ...OPERATION_ONLY });

const { id: _, ...REHEARSED } = SUMMARY_OF_OPERATION;
/** What would come of it: nothing of it is kept. */
export const REHEARSAL = v.object({ ...REHEARSED, ...OPERATION_ONLY, dryRun: v.literal(true) });

const WOKEN = { vaultId: TEXT, instanceId: TEXT, signalId: TEXT };
export const LOOK = v.object(WOKEN);
export const LIFTED = v.object({ ...WOKEN, tag: TEXT, value: TEXT });

export const DECISION = v.object({
  id: TEXT,
  incidentId: TEXT,
  at: TIME,
  planHash: TEXT,
  steps: TEXTS,
  questions: v.record(v.string(), v.string()),
  decision: v.picklist(["approve", "reject"]),
  reason: TEXT,
  by: TEXT,
});

export const WRITING = v.object({
  writes: v.pipe(v.boolean(), v.description("Whether Keymend may write at all.")),
  why: nullable(TEXT),
  pause: nullable(v.object({ reason: TEXT, by: TEXT, name: TEXT, at: TIME, until: nullable(TIME) })),
});

export const DIAGNOSIS = v.object({
  vaultId: TEXT,
  at: TIME,
  targets: v.array(
    v.object({
      id: TEXT,
      kind: KIND,
      phase: PHASE,
      findings: v.array(
        v.object({
          code: TEXT,
          evidence: v.object({
            effect: v.picklist(["broken", "willBreak", "waiting", "unknown"]),
            facts: TEXTS,
            breaksAt: v.optional(TIME),
          }),
        }),
      ),
      readiness: v.optional(v.object({ cause: TEXT, text: TEXT, wants: TEXT })),
      service: v.object({ verdict: TEXT, says: nullable(TEXT) }),
      contradictions: TEXTS,
    }),
  ),
  plan: v.object({
    steps: v.array(
      v.object({
        id: TEXT,
        name: TEXT,
        params: v.record(v.string(), v.unknown()),
        on: TEXT,
        about: nullable(TEXT),
        tells: v.optional(TEXT),
        causes: TEXTS,
        targetIds: TEXTS,
        permission: TEXT,
        undo: nullable(TEXT),
        needs: NEEDS,
        asks: v.optional(TEXT),
        ready: v.boolean(),
      }),
    ),
    blocks: v.array(
      v.object({
        cause: TEXT,
        targetIds: TEXTS,
        kind: v.picklist(["wait", "escalate", "unrecoverable"]),
        reason: TEXT,
        isWord: v.optional(v.literal(true)),
        advice: TEXTS,
      }),
    ),
  }),
});

const TARGET_SUMMARY_ENTRIES = {
  id: v.pipe(v.string(), v.description("Resource id of an account or a cluster.")),
  kind: KIND,
  vaultId: v.pipe(v.string(), v.description("Of its vault, or the vault's URI; its own where its key URI names none.")),
  keyUri: nullable(TEXT),
  identityIds: TEXTS,
  phase: v.pipe(nullable(PHASE), v.description("As the last look judged it; null where none could.")),
  expiresOn: v.pipe(
    nullable(TIME),
    v.description("When the key version that it wraps with runs out, as a look last read it; null where it never does, or none was read."),
  ),
  armed: v.pipe(
    v.object({ state: v.picklist(["armed", "unarmed", "unknown"]), why: nullable(TEXT) }),
    v.description("Whether the vault's events reach Keymend; sweeps see it in any case."),
  ),
  lastLookAt: v.pipe(
    nullable(TIME),
    v.description("When it was last looked at in full: about once an hour at least, and by each look of its open incident."),
  ),
  openIncidentId: nullable(TEXT),
};
export const TARGET_SUMMARY = v.object(TARGET_SUMMARY_ENTRIES);
export const TARGET_LIST = page(TARGET_SUMMARY);
export const TARGET = v.object({
  ...TARGET_SUMMARY_ENTRIES,
  lastKnownGoodAt: v.pipe(nullable(TIME), v.description("Of its vault: what it was like then is what a repair goes by.")),
  armsBy: v.pipe(TEXTS, v.description("Command lines that arm its vault by hand.")),
  latestIncident: nullable(INCIDENT_SUMMARY),
});

/** Whole, for it is hashed whole. */
export const AUDIT_ROW = v.looseObject({
  schema: v.optional(v.number()),
  entryId: TEXT,
  kind: TEXT,
  what: TEXT,
  data: v.unknown(),
  at: TIME,
  actor: TEXT,
  seq: COUNT,
  prev: TEXT,
  hash: TEXT,
});
export const CHAIN = v.variant("ok", [
  v.object({
    ok: v.literal(true),
    rows: COUNT,
    head: TEXT,
    sealed: v.pipe(COUNT, v.description("How many rows the incident itself bears out.")),
    anchored: v.pipe(nullable(COUNT), v.description("How many rows a locked anchor bears out; null where there are no anchors.")),
  }),
  v.object({ ok: v.literal(false), rows: COUNT, seq: COUNT, why: TEXT }),
]);
export const AUDIT_LIST = v.object({ value: v.array(AUDIT_ROW), chain: CHAIN, nextLink: v.optional(TEXT) });

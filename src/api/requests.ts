/** What may be sent to the operations API: bodies and queries, checked by these very schemas, and described by them to others. */
import * as v from "valibot";
import { isDatabaseId, isVaultId, parseArmId, wholeId } from "../domain/arm-id.ts";
import { OWN_TAGS } from "../domain/tags.ts";

export const REASON = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1, "must say why"),
  v.maxLength(1000, "may have 1000 characters at most"),
  v.description("Why, for the record."),
);
export const DATABASE_ID = v.pipe(
  v.string(),
  v.check((id) => isDatabaseId(id), "must be the resource id of an account or a cluster"),
  v.transform(wholeId),
  v.description("Resource id of an account or a cluster."),
);
const ARM_ID = v.pipe(
  v.string(),
  v.check((id) => isVaultId(id) || isDatabaseId(id), "must be the resource id of a vault, an account or a cluster"),
  v.transform(wholeId),
  v.description("Resource id of a vault, an account or a cluster."),
);
export const UNTIL = v.pipe(
  v.string(),
  v.description("An ISO 8601 duration such as PT4H, or a time with its zone; 30 days ahead at the most."),
);

export const HEAL = v.strictObject({ id: ARM_ID, reason: REASON });
export const DIAGNOSE = v.strictObject({ id: ARM_ID });
export const LIFT = v.strictObject({ id: DATABASE_ID, tag: v.picklist(OWN_TAGS, `must be ${OWN_TAGS.join(" or ")}`), reason: REASON });
export const PAUSE = v.strictObject({ reason: REASON, until: v.optional(UNTIL) });
export const RESUME = v.strictObject({ reason: REASON });
export const CANCEL = v.strictObject({ reason: REASON });
export const DECIDE = v.strictObject({
  planHash: v.pipe(v.string(), v.minLength(1), v.description("plan.hash of the incident that was read; a stale one is answered 409.")),
  decision: v.picklist(["approve", "reject"], "must be approve or reject"),
  reason: REASON,
});

export const NO_QUERY = v.strictObject({});

/** How many to a page. */
function top(fallback: number, most = 200) {
  const wrong = `must be a whole number from 1 to ${most}`;
  return v.optional(
    v.pipe(
      v.string(),
      v.transform(Number),
      v.number(wrong),
      v.integer(wrong),
      v.minValue(1, wrong),
      v.maxValue(most, wrong),
      v.description(`How many to a page; ${fallback} where nothing is said.`),
    ),
    String(fallback),
  );
}

/** Where a list goes on, as its nextLink has it: another one must not look like the end of the list. */
const skipToken = (shape: RegExp) =>
  v.optional(v.pipe(v.string(), v.regex(shape, "must be that of a nextLink"), v.description("As nextLink has it.")));

const picked = <const T extends readonly string[]>(words: T) => v.picklist(words, `must be one of ${words.join(", ")}`);

export const STATES = ["working", "waiting", "closed"] as const;
export const PHASES = ["healthy", "atRisk", "inGrace", "revoked", "recovering"] as const;
export const KINDS = ["account", "cluster"] as const;
const STATE = v.optional(picked(STATES));
/** Microsoft Learn, "Naming rules and restrictions for Azure resources": 3 to 24 letters, digits and hyphens, the first a letter. */
const VAULT_NAME = /^[a-z][a-z\d-]{1,22}[a-z\d]$/i;

/** All that a patient may go by: of anything else an empty list would look like an answer. */
const isPatient = (id: string): boolean => parseArmId(id) !== undefined || /^https:\/\//i.test(id) || VAULT_NAME.test(id);

const VAULT = v.optional(
  v.pipe(
    v.string(),
    v.check(isPatient, "must be the resource id of a vault, its address or its name"),
    v.description("Resource id of a vault, its address or its name."),
  ),
);

/** Taken apart as it is read: each of its comparisons is the parameter of its name (api/filter.ts). */
const FILTER = v.optional(
  v.pipe(v.string(), v.description("name eq 'value', joined by and: says the same as the parameters of these names.")),
);

/** The rows' own keys (storage/incident-store.ts, storage/audit-log.ts), and a wish's id. */
const INCIDENT_ROW = /^\d{8}T\d{9}Z-[0-9a-f]+$/;
const AUDIT_ROW = /^\d+$/;

export const INCIDENTS = v.strictObject({
  state: STATE,
  vaultId: VAULT,
  $filter: FILTER,
  $top: top(50),
  $skipToken: skipToken(INCIDENT_ROW),
});
export const OPERATIONS = v.strictObject({
  state: STATE,
  vaultId: VAULT,
  $filter: FILTER,
  $top: top(50),
  $skipToken: skipToken(/^[\w-]+$/),
});
export const TARGETS = v.strictObject({
  vaultId: VAULT,
  phase: v.optional(picked(PHASES)),
  kind: v.optional(picked(KINDS)),
  $filter: FILTER,
  $top: top(200, 1000),
  $skipToken: skipToken(/^[\w-]+$/),
});
export const AUDIT = v.strictObject({
  incidentId: v.pipe(v.string(), v.minLength(1, "is missing"), v.description("Of an incident; `pause` for who paused and resumed.")),
  $top: top(100),
  $skipToken: skipToken(AUDIT_ROW),
});

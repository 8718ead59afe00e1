/**
 * What an account must be like to be given a key after it was made. Microsoft Learn, "Configure customer-managed keys for your existing Azure
 * Cosmos DB account with Azure Key Vault": known limitations, and the steps for continuous backup and analytical store. Vector search:
 * MicrosoftDocs/azure-databases-docs, articles/cosmos-db/how-to-setup-customer-managed-keys-existing-accounts.md.
 */
import type { AccountFeatures, DefaultIdentity, TargetFacts } from "../facts.ts";
import { type IdScan, LONGEST_ID_BYTES, type LongId, type ScannedContainer, type ScanState } from "../id-scan.ts";
import type { RequirementName } from "../requirement.ts";
import { showDatabase } from "../mending/advice.ts";
import { az, azNamed, say } from "../steps/az.ts";
import type { Requirement } from "../wish.ts";
import { met, OUT_OF_SIGHT, pending, requirement } from "./rows.ts";

type Without = { name: RequirementName; has: (features: AccountFeatures) => boolean; what: string };

const capability =
  (name: string) =>
  ({ capabilities }: AccountFeatures): boolean =>
    capabilities.some((one) => one.toLowerCase() === name.toLowerCase());

const WITHOUT: readonly Without[] = [
  { name: "no Cassandra", has: capability("EnableCassandra"), what: "an account of the API for Apache Cassandra" },
  { name: "no materialized views", has: (features) => features.materializedViews, what: "an account with materialized views" },
  {
    name: "no change feed of all versions",
    has: (features) => features.allVersionsChangeFeed,
    what: "an account with the change feed of all versions and deletes",
  },
  { name: "no vector search", has: capability("EnableNoSQLVectorSearch"), what: "an account with vector search" },
];

export const FEATURE_ASKS: readonly RequirementName[] = ["account features", ...WITHOUT.map(({ name }) => name), "managed identity"];

const hasContinuousBackup = ({ backup }: AccountFeatures): boolean => backup?.toLowerCase() === "continuous";

const dedicated = (features: AccountFeatures): string[] => [
  ...(hasContinuousBackup(features) ? ["continuous backup"] : []),
  ...(features.analyticalStorage ? ["analytical store"] : []),
];

/**
 * "Currently, only user-assigned managed identity is supported for enabling CMK on continuous backup accounts" (the guide, which has the
 * system-assigned one as a preview); the analytical store takes either.
 */
function managedIdentity(features: AccountFeatures, { form }: DefaultIdentity): Requirement {
  const kept = dedicated(features).join(" and ");
  if (kept === "") return met("managed identity", "neither continuous backup nor analytical store asks for one");
  const isUserAsked = hasContinuousBackup(features);
  const holds = form === "user" || (form === "system" && !isUserAsked);
  const uses = form === "user" || form === "system" ? `it uses a ${form}-assigned one` : "none is named";
  const asks = `${kept} asks for ${isUserAsked ? "a user-assigned one" : "one"}; ${uses}`;
  return requirement("managed identity", holds, asks, say("name a user-assigned identity as identityId"));
}

const NEW_ACCOUNT = say(
  "no line gives this account a key: make another with the key from the start (Learn, 'Configure customer-managed keys', az cosmosdb create --key-uri), and move the data there",
);

/** uses: the identity that it is to reach its key by. */
export function featureRequirements(target: TargetFacts, uses: DefaultIdentity): Requirement[] {
  const { name, features } = target;
  if (features === undefined || "state" in features) {
    const detail = features === undefined ? "not read" : features.detail;
    const words = `what ${name} has switched on could not be read: ${detail}`;
    return [requirement("account features", "unknown", words, showDatabase(target), OUT_OF_SIGHT)];
  }
  return [
    ...WITHOUT.map((one) => {
      const has = one.has(features);
      return requirement(one.name, !has, has ? `${name} is ${one.what}, which takes no key once it exists` : "none", NEW_ACCOUNT);
    }),
    managedIdentity(features, uses),
  ];
}

/** The built-in data reader of an account, by the id that it has in each (Microsoft Learn, "Azure Cosmos DB for NoSQL data plane security reference"). */
const DATA_READER = "00000000-0000-0000-0000-000000000001";

function dataRoleLine(accountId: string, principalId: string | null): string {
  const where = azNamed(accountId).map((word) => (word === "--name" ? "--account-name" : word));
  const who = principalId ?? "<object id of the identity that Keymend reads as>";
  const what = ["--role-definition-id", DATA_READER, "--principal-id", who, "--scope", "/"];
  return az("cosmosdb", "sql", "role", "assignment", "create", ...where, ...what);
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

const showLongId = ({ database, container, partitionKey, bytes, id }: LongId): string =>
  `${database}/${container}, partition key ${partitionKey}: ${bytes} bytes, beginning with '${id}'`;

/** In a sentence: the whole list is beside it. */
const SHOWN = 3;

function sayFound({ found, foundCount }: ScanState): string {
  const shown = found.slice(0, SHOWN).map(showLongId).join("; ");
  const more = foundCount > SHOWN ? `; and ${foundCount - SHOWN} more` : "";
  return `${count(foundCount, "document")} with an id of more than ${LONGEST_ID_BYTES} bytes, to be deleted or written under other ids: ${shown}${more}`;
}

const isDone = ({ done }: ScannedContainer): boolean => done;

function running(state: ScanState | null): Requirement {
  const all = state?.containers ?? null;
  const soFar = state && state.foundCount > 0 ? `, ${count(state.foundCount, "document")} with too long an id so far` : "";
  const detail =
    state && all ? `${all.filter(isDone).length} of ${count(all.length, "container")} scanned${soFar}` : "they are scanned first";
  return pending("document ids", detail);
}

const LET_IN = say("let Keymend reach the account's data from where it runs (docs/deploy.md, firewalls), then ask for this again");
const SHORTER = say(
  "no line of az writes documents: whoever owns the data deletes them or writes them under other ids; ask for this again then",
);

/** Ids that could not be looked at may be too long: nothing is encrypted on that. */
export function scanRequirement({ id: accountId }: TargetFacts, scan: IdScan | undefined): Requirement {
  const state = scan?.state ?? null;
  if (state === null) return running(state);
  const { unreadable, containers } = state;
  if (unreadable) {
    const line = unreadable.why === "denied" ? dataRoleLine(accountId, scan?.principalId ?? null) : LET_IN;
    return requirement("document ids", "unknown", `they could not be scanned: ${unreadable.detail}`, line);
  }
  if (state.doneAt === null) return running(state);
  const looked = `${count(containers!.length, "container")} scanned, ${Math.round(state.requestUnits)} request units`;
  if (state.foundCount === 0) return met("document ids", `none has more than ${LONGEST_ID_BYTES} bytes: ${looked}`);
  const left = state.foundCount - state.found.length;
  const items = [...state.found.map(showLongId), ...(left > 0 ? [`and ${left} more, which are counted and not kept`] : [])];
  return { ...requirement("document ids", "unmet", sayFound(state), SHORTER), items };
}

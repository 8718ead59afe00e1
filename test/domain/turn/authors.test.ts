import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import type { AccessFacts, Baseline, Facts, Holder } from "../../../src/domain/facts.ts";
import type { Signal } from "../../../src/domain/signal.ts";
import { OPERATIONS } from "../../../src/domain/signal.ts";
import { authorOf, authorsOf } from "../../../src/domain/turn/authors.ts";
import { hear } from "../../../src/domain/turn/record.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  aHolder,
  anAccess,
  anAccount,
  anAssignment,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_SCOPE,
  PRINCIPAL,
  identityIdOf,
  someFacts,
  someSettings,
  SUBSCRIPTION,
  VAULT_ID,
} from "../../support/builders.ts";
import { after, aSignal, aStep, diagnosisOf, finding, planOf, seen, turnInput } from "../../support/turns.ts";

const by = (objectId: string) => ({ caller: { objectId, name: null } });
const named = (what: string, over: Partial<Signal> = {}) => aSignal({ id: what, what, ...by("boss"), ...over });
const ASSIGNMENT = "Microsoft.Authorization/roleAssignments/delete";

function authors(cause: CauseCode, signal: Signal, over: Parameters<typeof turnInput>[0] = {}): string[] {
  const step = aStep({ causes: [cause] });
  const input = turnInput({ signals: [signal], plan: planOf(step), ...diagnosisOf(seen({ findings: [finding(cause)] })), ...over });
  return authorsOf(step, decideTurn(input).incident!, input);
}

describe("the author of a loss", () => {
  const vault: Signal["scope"] = { kind: "vault", id: VAULT_ID };
  const database: Signal["scope"] = { kind: "database", id: ACCOUNT_ID };
  const identity: Signal["scope"] = { kind: "identity", id: IDENTITY_ID };
  const group: Signal["scope"] = { kind: "group", id: `${SUBSCRIPTION}/resourceGroups/rg-orders` };
  const under = (scope: string): Signal["scope"] => ({ kind: "under", scope });

  test.each<[CauseCode, string, Signal["scope"]]>([
    ["AccessMissing", ASSIGNMENT, vault],
    ["AccessMissing", "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", under(SUBSCRIPTION)],
    ["PermissionModelSwitched", "Microsoft.KeyVault/vaults/write", vault],
    ["NetworkBlocked", "Microsoft.KeyVault/vaults/write", vault],
    ["PolicyMissing", "Microsoft.KeyVault/vaults/accessPolicies/write", { kind: "vault", id: VAULT_ID.toUpperCase() }],
    ["VaultDeleted", "Microsoft.KeyVault/vaults/delete", vault],
    ["IdentityDeleted", "Microsoft.ManagedIdentity/userAssignedIdentities/delete", identity],
    ["IdentityDeleted", "Microsoft.Resources/subscriptions/resourceGroups/delete", under(`${SUBSCRIPTION}/resourceGroups/rg-orders`)],
    ["IdentityDeleted", "Microsoft.Resources/subscriptions/resourceGroups/delete", group],
    ["DefaultIdentityUndefined", "Microsoft.DocumentDB/databaseAccounts/write", database],
    ["DefaultIdentityChanged", "Microsoft.DocumentDB/databaseAccounts/write", database],
    ["BorrowedIdentity", "Microsoft.DocumentDB/databaseAccounts/write", database],
  ])("of %s is who did %s", (cause, what, scope) => {
    expect(authors(cause, named(what, { scope }))).toEqual(["boss"]);
  });

  test.each<[string, CauseCode, Partial<Signal>]>([
    ["wrote a tag on the vault, for a key that expired", "KeyExpired", { what: "Microsoft.KeyVault/vaults/write" }],
    [
      "wrote the database, for a key that was disabled",
      "KeyDisabled",
      { what: "Microsoft.DocumentDB/databaseAccounts/write", scope: database },
    ],
    ["took a grant on something else", "AccessMissing", { what: ASSIGNMENT, scope: { kind: "vault", id: `${VAULT_ID}-2` } }],
    ["took a grant below something else", "AccessMissing", { what: ASSIGNMENT, scope: under("/subscriptions/other") }],
    [
      "deleted another identity",
      "IdentityDeleted",
      { what: "Microsoft.ManagedIdentity/userAssignedIdentities/delete", scope: { kind: "identity", id: identityIdOf("other") } },
    ],
    [
      "wrote another database",
      "DefaultIdentityUndefined",
      { what: "Microsoft.DocumentDB/databaseAccounts/write", scope: { kind: "database", id: CLUSTER_ID } },
    ],
    ["came long after the loss was seen", "AccessMissing", { what: ASSIGNMENT, at: after(6) }],
    ["asked for a look", "AccessMissing", { what: ASSIGNMENT, source: "operator" }],
    ["is named by no event", "AccessMissing", { what: ASSIGNMENT, caller: null }],
    ["did what no table names", "AccessMissing", { what: "constructor" }],
  ])("is not who %s", (_, cause, over) => {
    expect(authors(cause, named("", over))).toEqual([]);
  });

  describe("goes by what is another than when last seen well:", () => {
    const { name } = anAssignment();
    const model = { permissionModel: "policies" as const };
    const holding = (over: Partial<Holder>) => ({ holders: { [ACCOUNT_ID.toLowerCase()]: aHolder(over) } });
    const unread: AccessFacts = {
      state: "unreadable",
      principalId: PRINCIPAL,
      keyName: "cmk",
      keyScope: KEY_SCOPE,
      why: "denied",
      detail: "",
    };
    const gone = { access: [anAccess({ assignments: [] })] };
    const WRITTEN = "Microsoft.DocumentDB/databaseAccounts/write";
    const VAULT = "Microsoft.KeyVault/vaults/write";
    const POLICIES = "Microsoft.KeyVault/vaults/accessPolicies/write";

    test.each<[string, boolean, CauseCode, string, Signal["scope"], Partial<Baseline>, Partial<Facts>]>([
      ["who deleted the role assignment that is gone", true, "AccessMissing", ASSIGNMENT, { ...vault, assignment: name }, {}, gone],
      ["who deleted another one", false, "AccessMissing", ASSIGNMENT, { ...vault, assignment: "another" }, {}, gone],
      [
        "who made another one",
        false,
        "AccessMissing",
        ASSIGNMENT.replace("delete", "write"),
        { ...vault, assignment: "another" },
        {},
        gone,
      ],
      [
        "who deleted one, where all that was known is there",
        true,
        "AccessMissing",
        ASSIGNMENT,
        { ...vault, assignment: "another" },
        {},
        {},
      ],
      ["who deleted one that no event names", true, "AccessMissing", ASSIGNMENT, vault, {}, gone],
      [
        "who made one, where none can be read",
        false,
        "AccessMissing",
        ASSIGNMENT,
        { ...vault, assignment: "another" },
        {},
        { access: [unread] },
      ],
      ["who wrote a tag on the vault", false, "AccessMissing", VAULT, vault, {}, gone],
      ["who switched its permission model", true, "AccessMissing", VAULT, vault, model, gone],
      ["who wrote a vault that is not there", true, "AccessMissing", VAULT, vault, {}, { vault: null }],
      ["who moved it", true, "AccessMissing", "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action", group, {}, gone],
      ["who wrote a tag on the database", false, "AccessMissing", WRITTEN, database, {}, gone],
      ["who wrote a tag on the database, of a policy", false, "PolicyMissing", WRITTEN, database, {}, {}],
      ["who gave the database another identity", true, "AccessMissing", WRITTEN, database, holding({ principalId: "other" }), gone],
      ["who gave the database another key", true, "PolicyMissing", WRITTEN, database, holding({ key: "other" }), {}],
      ["who wrote a database of which nothing was known", true, "AccessMissing", WRITTEN, database, { holders: {} }, gone],
      ["who wrote a database of which no identity can be read", true, "AccessMissing", WRITTEN, database, {}, { identities: [] }],
      ["who wrote the vault with its policies", true, "PolicyMissing", VAULT, vault, {}, {}],
      ["who wrote its policies", true, "PolicyMissing", POLICIES, vault, {}, {}],
    ])("%s: %s", (_, isAuthor, cause, what, scope, before, over) => {
      const facts = someFacts({ baseline: aBaseline(before), ...over });
      expect(authors(cause, named(what, { scope }), { facts })).toEqual(isAuthor ? ["boss"] : []);
    });
  });

  test("of a vault that is nowhere is not found through it", () => {
    const facts = someFacts({ vault: null, patient: { id: ACCOUNT_ID, kind: "database", vaultName: null } });
    expect(authors("AccessMissing", named(ASSIGNMENT, { scope: vault }), { facts })).toEqual([]);
    expect(authors("AccessMissing", named(ASSIGNMENT, { scope: under(SUBSCRIPTION) }), { facts })).toEqual(["boss"]);
  });

  test("of what was purged is found though the event has its name alone", () => {
    const what = "Microsoft.KeyVault/locations/deletedVaults/purge/action";
    const signal = named(what, { scope: { kind: "vault", id: "https://KV-orders.vault.azure.net" } });
    expect(authors("VaultGone", signal)).toEqual(["boss"]);
    expect(authors("VaultGone", named(what, { scope: { kind: "vault", id: "https://kv-other.vault.azure.net" } }))).toEqual([]);
  });

  test("is told once, however many events name it", () => {
    const twice = [named(ASSIGNMENT), named(ASSIGNMENT, { id: "again" })];
    const { incident } = decideTurn(turnInput({ signals: twice }));
    expect(authorsOf(aStep(), incident!, turnInput())).toEqual(["boss"]);
  });

  test("is told by the incident's beginning where no loss is kept, and by whatever form its identity has", () => {
    const { losses: _, ...progress } = decideTurn(turnInput()).incident!.progress;
    const incident = { ...hear(decideTurn(turnInput()).incident!, [named(ASSIGNMENT)], someSettings()), progress };
    const facts = someFacts({ targets: [anAccount({ defaultIdentity: { form: "system" } })] });
    expect(authorsOf(aStep(), incident, turnInput({ facts }))).toEqual(["boss"]);
    expect(authorsOf(aStep(), { ...incident, progress: { ...progress, losses: [] } }, turnInput({ facts }))).toEqual(["boss"]);
  });

  test("of an incident that an earlier version closed is unknown, and so it is asked", () => {
    const settings = someSettings({ mode: "observe" });
    const { authors: _, ...previous } = decideTurn(turnInput({ settings })).incident!;
    const later = turnInput({ previous, newId: "i2", now: after(90), signals: [aSignal({ id: "s", source: "sweep" })] });
    expect(decideTurn({ ...later, settings: someSettings({ privilegedCallers: ["boss"] }) }).next).toMatchObject({ do: "wait" });
  });

  test("is unknown in what an earlier version kept, and of a storm of events the last hundred are remembered", () => {
    const { authors: _, ...kept } = decideTurn(turnInput()).incident!;
    expect(authorsOf(aStep(), kept, turnInput())).toEqual([]);
    const storm = Array.from({ length: 150 }, (__, i) => named(ASSIGNMENT, { id: `e${i}`, ...by(`o${i}`) }));
    expect(hear(kept, storm, someSettings()).authors!.map(({ objectId }) => objectId)).toEqual(
      storm.slice(50).map(({ caller }) => caller!.objectId),
    );
  });
});

test("every operation that is heard of has somebody to name", () => {
  for (const what of Object.keys(OPERATIONS)) expect(authorOf(named(what))).toMatchObject({ objectId: "boss", operation: what });
});

describe("where some people's changes count as meant", () => {
  const settings = someSettings({ privilegedCallers: ["boss"] });
  const next = (...signals: Signal[]) => decideTurn(turnInput({ settings, signals })).next;

  test.each<[string, Signal[], "wait" | "step"]>([
    ["the author is one of them", [named(ASSIGNMENT)], "wait"],
    ["the author is somebody else", [named(ASSIGNMENT, by("ada"))], "step"],
    ["one of two who can have made it is", [named(ASSIGNMENT, by("ada")), named(ASSIGNMENT, { id: "e2" })], "wait"],
    ["nobody is named", [aSignal()], "wait"],
    ["only somebody who touched the vault otherwise is", [named("Microsoft.KeyVault/vaults/delete", by("ada"))], "wait"],
  ])("it asks or acts by the author: %s", (_, signals, what) => {
    expect(next(...signals)).toMatchObject({ do: what });
  });

  test("it asks where all who are named did something else there, while the event that tells who did it is still to come", () => {
    const facts = someFacts({ baseline: aBaseline(), access: [anAccess({ assignments: [] })] });
    const scope = { kind: "vault", id: VAULT_ID, assignment: "another" } as const;
    const others = [
      named("Microsoft.Authorization/roleAssignments/write", { scope, ...by("ada") }),
      named("Microsoft.KeyVault/vaults/write", { scope: { kind: "vault", id: VAULT_ID }, ...by("ada") }),
    ];
    expect(decideTurn(turnInput({ settings, facts, signals: others })).next).toMatchObject({ do: "wait" });
    const told = [...others, named(ASSIGNMENT, { scope: { ...scope, assignment: anAssignment().name }, ...by("ada") })];
    expect(decideTurn(turnInput({ settings, facts, signals: told })).next).toMatchObject({ do: "step" });
  });
});

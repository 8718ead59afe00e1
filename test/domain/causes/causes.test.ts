import { describe, expect, test } from "vitest";
import type { CauseCode } from "../../../src/domain/cause-code.ts";
import type { Mend } from "../../../src/domain/cause.ts";
import { causeOf } from "../../../src/domain/causes/index.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import type { Facts, TargetFacts } from "../../../src/domain/facts.ts";
import {
  aCluster,
  aKey,
  anAccount,
  aVault,
  aVersion,
  clusterSays,
  IDENTITY_ID,
  KEY_URI,
  PRINCIPAL,
  revoked,
  someFacts,
  someSettings,
  V1,
  V2,
} from "../../support/builders.ts";

/** What one cause would do about one database, as the diagnosis shows it. */
function mendOf(code: CauseCode, target: TargetFacts, over: Partial<Facts> = {}): Mend | undefined {
  const facts = someFacts({ targets: [target], ...over });
  const finding = diagnose(facts, someSettings()).targets[0]!.findings.find((one) => one.code === code);
  return finding && causeOf(code).mend(finding.evidence, facts, target, someSettings());
}

describe("a cause that no step mends", () => {
  test("says in which region vault and identity would have to be", () => {
    expect(mendOf("OtherRegion", aCluster(), { vault: aVault({ location: "northeurope" }) })).toEqual({
      kind: "escalate",
      reason: "vault kv-orders is in northeurope, the cluster in West Europe",
    });
  });

  test("tells the owner of a failed cluster what to do, and deletes nothing", () => {
    expect(
      mendOf("ProvisioningFailed", aCluster({ service: { ...clusterSays("Failed", false), provisioningState: "Failed" } })),
    ).toMatchObject({
      kind: "escalate",
      reason: expect.stringContaining("a database that never came up is then deleted by its owner"),
    });
  });

  test("waits for a vault that the service can't reach", () => {
    expect(mendOf("VaultUnreachable", anAccount({ service: revoked(4009) }))).toMatchObject({ kind: "wait" });
  });

  test("leaves a pinned cluster alone that names no identity to send along", () => {
    const target = aCluster({
      keyUri: `${KEY_URI}/${V1}`,
      versionInUse: V1,
      defaultIdentity: { form: "system" },
      systemPrincipalId: PRINCIPAL,
    });
    expect(mendOf("KeyVersionPinned", target, { keys: [aKey([aVersion(V2), aVersion(V1)])] })).toMatchObject({ kind: "escalate" });
  });
});

describe("a deleted identity", () => {
  const detached = (attached: TargetFacts["attached"]) => {
    const mend = mendOf("IdentityDeleted", anAccount({ attached }), { identities: [{ state: "gone", id: IDENTITY_ID }] });
    return mend?.kind === "steps" ? mend.steps.at(-1) : undefined;
  };

  test("is taken off as the database spells it, for a removal under another casing is none", () => {
    const id = IDENTITY_ID.replace("resourceGroups", "resourcegroups");
    expect(detached([{ id, principalId: PRINCIPAL, clientId: null }])).toMatchObject({
      name: "DetachIdentity",
      params: { identityId: id },
    });
    expect(detached([])).toMatchObject({ name: "DetachIdentity", params: { identityId: IDENTITY_ID } });
  });
});

describe("a cause asked on facts that have changed", () => {
  const evidence = { effect: "broken", facts: ["as it was"], values: { versions: [V1] } } as const;
  const settings = someSettings();

  test("does not recover a vault that is back", () => {
    expect(causeOf("VaultDeleted").mend({ ...evidence, facts: ["as it was"], values: {} }, someFacts(), anAccount(), settings)).toEqual({
      kind: "wait",
      reason: "as it was",
    });
  });

  test("has nothing to do on a version whose vault is gone", () => {
    const facts = someFacts({ vault: null });
    expect(causeOf("KeyNotYetValid").mend({ ...evidence, facts: [], values: { versions: [V1] } }, facts, anAccount(), settings)).toEqual({
      kind: "steps",
      steps: [],
    });
  });

  test("finds nothing malformed on a database without a key", () => {
    expect(causeOf("KeyUriMalformed").find(someFacts(), anAccount({ keyUri: null }), settings, [])).toBeUndefined();
  });
});

describe("what the service alone says", () => {
  const behind = aVault({ network: { ...aVault().network, publicNetworkAccess: "SecuredByPerimeter" } });
  const secret = { kind: "Unreadable", target: aCluster({ service: clusterSays("KeyAccessLost", null) }) } as const;

  test.each<[string, CauseCode, TargetFacts, Partial<Facts>, boolean]>([
    ["the code of a perimeter that the vault is not in", "PerimeterBlocked", anAccount({ service: revoked(4016) }), {}, true],
    ["the same of a vault that is in one", "PerimeterBlocked", anAccount({ service: revoked(4016) }), { vault: behind }, false],
    ["the same where the vault is not there", "PerimeterBlocked", anAccount({ service: revoked(4016) }), { vault: null }, true],
    ["a word that nobody knows", "Unreadable", secret.target, {}, true],
    ["a word that nobody knows beside what could not be read", "Unreadable", secret.target, { keys: [] }, false],
  ])("%s", (_what, code, target, over, isWord) => {
    expect(mendOf(code, target, over)).toMatchObject({ kind: "escalate" });
    expect(mendOf(code, target, over)).toEqual(
      isWord ? expect.objectContaining({ isWord: true }) : expect.not.objectContaining({ isWord: true }),
    );
  });
});

describe("a cluster that does not say which version it wraps with", () => {
  const disabled = (version: string, createdOn: string) => aVersion(version, { enabled: false, createdOn });
  const FRESH = "2026-11-01T12:00:00.000Z";
  const OLD = "2026-01-01T00:00:00.000Z";
  const enabledBy = (target: TargetFacts, ...versions: ReturnType<typeof aVersion>[]) => {
    const mend = mendOf("KeyDisabled", target, { keys: [aKey(versions)] });
    return mend?.kind === "steps" ? mend.steps.map(({ params }) => ("version" in params ? params.version : "")) : [];
  };
  const following = aCluster({ keyUri: KEY_URI, versionInUse: null });

  test.each<[string, TargetFacts, ReturnType<typeof aVersion>[], string[]]>([
    ["gets the one before a fresh one enabled as well", following, [disabled(V2, FRESH), disabled(V1, OLD)], [V2, V1]],
    ["but not before one that stands for long", following, [disabled(V2, OLD), disabled(V1, OLD)], [V2]],
    ["nor one that is enabled", following, [disabled(V2, FRESH), aVersion(V1)], [V2]],
    ["nor where the newest is the only one", following, [disabled(V2, FRESH)], [V2]],
    ["nor where the version in use is known", anAccount({ versionInUse: V2 }), [disabled(V2, FRESH), disabled(V1, OLD)], [V2]],
  ])("%s", (_what, target, versions, expected) => {
    expect(enabledBy(target, ...versions)).toEqual(expected);
  });
});

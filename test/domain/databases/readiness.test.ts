import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseCloud } from "../../../src/domain/clouds.ts";
import type { Facts, ServiceStatus, TargetFacts } from "../../../src/domain/facts.ts";
import type { Incident } from "../../../src/domain/incident.ts";
import { diagnose } from "../../../src/domain/plan/diagnose.ts";
import { plan } from "../../../src/domain/plan/plan.ts";
import { limitOf } from "../../../src/domain/databases/readiness.ts";
import { HOUR, toIso, toMs } from "../../../src/domain/time.ts";
import { decideTurn } from "../../../src/domain/turn/turn.ts";
import {
  aCluster,
  aKey,
  anAccount,
  aStatus,
  aVault,
  aVersion,
  clusterSays,
  IDENTITY_ID,
  inaccessible,
  NOW,
  revoked,
  someFacts,
  someSettings,
  TENANT,
  V1,
} from "../../support/builders.ts";
import { aSignal, turnInput } from "../../support/turns.ts";

const OTHER = "77770000-0000-4000-8000-000000000001";

type Over = Partial<Facts> & { target?: Partial<TargetFacts> };
type Row = [what: string, over: Over, cause: string, text: RegExp, wants: RegExp];

/** What Keymend can't judge, by its nature. */
const LIMITS: Row[] = [
  [
    "a key in a managed HSM",
    { target: { keyUri: "https://h.managedhsm.azure.net/keys/cmk" }, vault: null, keys: [], access: [] },
    "ManagedHsm",
    /managed HSM/,
    /^no setting .* administrators of the HSM/,
  ],
  [
    "an application of another tenant",
    {
      target: { defaultIdentity: { form: "user", id: IDENTITY_ID, federatedClientId: "app" } },
      vault: { state: "gone", id: null, name: "kv" },
      keys: [],
      access: [],
    },
    "OtherTenant",
    /as application app of another tenant/,
    /vault's own tenant/,
  ],
  [
    "a vault of another tenant than its database",
    { vault: aVault({ tenantId: OTHER }), target: { tenantId: TENANT } },
    "OtherTenant",
    new RegExp(`^vault kv-orders belongs to tenant ${OTHER}, \\w+ to tenant ${TENANT}$`),
    /vault's own tenant/,
  ],
  [
    "vault and database of a tenant that Keymend does not work in (Azure Lighthouse)",
    { vault: aVault({ tenantId: OTHER }), target: { tenantId: OTHER }, keys: [], access: [] },
    "OtherTenant",
    new RegExp(`^vault kv-orders belongs to tenant ${OTHER}, as \\w+ does; Keymend works in tenant ${TENANT}$`),
    new RegExp(`^deploy Keymend in tenant ${OTHER}`),
  ],
  [
    "a vault of another tenant than Keymend, where the database tells none",
    { vault: aVault({ tenantId: OTHER }), target: { tenantId: null }, keys: [], access: [] },
    "OtherTenant",
    new RegExp(`^vault kv-orders belongs to tenant ${OTHER}; Keymend works in tenant ${TENANT}$`),
    new RegExp(`^deploy Keymend in tenant ${OTHER}`),
  ],
  [
    "the first-party identity, with its principal not configured",
    { target: { defaultIdentity: { form: "firstParty" }, attached: [] } },
    "Unreadable",
    /as Azure Cosmos DB itself/,
    /^set KEYMEND_FIRST_PARTY_PRINCIPAL_ID .*az ad sp show/,
  ],
  [
    "a firewall with a word that nobody knows",
    { vault: aVault({ network: { ...aVault().network, unclear: "bypass 'Some'" } }) },
    "Unreadable",
    /^the firewall of vault kv-orders says bypass 'Some', which Keymend does not know$/,
    /newer version/,
  ],
];

test("the first-party identity is named by no application id where none is documented", () => {
  chooseCloud("AzureChinaCloud");
  try {
    const facts = factsOf(anAccount, { target: { defaultIdentity: { form: "firstParty" }, attached: [] } });
    expect(limitOf(facts, facts.targets[0]!)?.wants).toMatch(/^set KEYMEND_FIRST_PARTY_PRINCIPAL_ID .*AzureChinaCloud is not documented/);
  } finally {
    chooseCloud("AzureCloud");
  }
});

const factsOf = (make: typeof anAccount, { target, ...over }: Over, service?: ServiceStatus): Facts =>
  someFacts({ targets: [make({ ...target, ...(service && { service }) })], ...over });

const silent: ServiceStatus = { healthy: null, code: null, text: null, clusterStatus: null, provisioningState: "Succeeded" };

describe.each([
  ["an account", anAccount, aStatus(), revoked(), aStatus({ healthy: null, text: "Access is pondered." })],
  ["a cluster", aCluster, clusterSays("Ready", true), inaccessible(), clusterSays("Pondering", null)],
])("%s with", (_kind, make, confirmed, lost, unclear) => {
  describe.each(LIMITS)("%s", (_what, over, cause, text, wants) => {
    const seen = (service: ServiceStatus) => diagnose(factsOf(make, over, service), someSettings()).targets[0]!;

    test("is readiness while the service confirms access: what is so, and what would let Keymend judge", () => {
      const { findings, phase, readiness, contradictions } = seen(confirmed);
      expect([findings, phase, contradictions]).toEqual([[], "healthy", []]);
      expect(readiness).toEqual({ cause, text: expect.stringMatching(text), wants: expect.stringMatching(wants) });
      expect(plan(factsOf(make, over, confirmed), diagnose(factsOf(make, over, confirmed), someSettings()), someSettings())).toEqual({
        steps: [],
        blocks: [],
      });
    });

    test("is a cause as soon as the service does not", () => {
      for (const [service, phase] of [
        [lost, "revoked"],
        [silent, "inGrace"],
        [unclear, "inGrace"],
      ] as const) {
        const diagnosis = seen(service);
        expect(diagnosis.findings.map(({ code }) => code)).toContain(cause);
        expect([diagnosis.phase, diagnosis.readiness]).toEqual([phase, undefined]);
      }
    });

    test("opens no incident in 48 hours of sweeps and events, and one look that finds the loss", () => {
      const look = (hour: number, service: ServiceStatus, previous: Incident | null = null) => {
        const facts = { ...factsOf(make, over, service), at: toIso(toMs(NOW) + hour * HOUR) };
        const diagnosis = diagnose(facts, someSettings());
        const signals = [aSignal({ id: `s${hour}`, source: hour % 2 === 0 ? "sweep" : "event" })];
        const input = { now: facts.at, signals, facts, diagnosis, plan: plan(facts, diagnosis, someSettings()), previous };
        return decideTurn(turnInput({ ...input, newId: `i${hour}` }));
      };
      for (let hour = 0; hour < 48; hour++) {
        const { incident, next } = look(hour, confirmed);
        expect(incident).toBeNull();
        expect(next).toMatchObject({ do: "end", outcome: { code: "NoChangeNeeded", detail: expect.stringMatching(/can't judge/) } });
      }
      expect(look(48, lost).incident).toMatchObject({ causes: expect.arrayContaining([expect.objectContaining({ code: cause })]) });
    });
  });

  test("nothing of that has no limit, whatever its tenant's casing, and neither has one without a key", () => {
    expect(limitOf(factsOf(make, {}), make())).toBeUndefined();
    expect(limitOf(factsOf(make, { vault: aVault({ tenantId: TENANT.toUpperCase() }) }), make())).toBeUndefined();
    for (const [, over] of LIMITS) expect(limitOf(factsOf(make, over), make({ ...over.target, keyUri: null }))).toBeUndefined();
  });

  test("a first-party identity that is not configured is still told what its key lacks", () => {
    const over: Over = { target: { defaultIdentity: { form: "firstParty" } }, keys: [aKey([aVersion(V1, { enabled: false })])] };
    const [diagnosis] = diagnose(factsOf(make, over, confirmed), someSettings()).targets;
    expect(diagnosis!.findings.map(({ code }) => code)).toEqual(["KeyDisabled"]);
    expect(diagnosis!.readiness).toMatchObject({ cause: "Unreadable" });
  });
});

test("the service's word alone decides between the two", () => {
  const services = [aStatus(), revoked(), silent, aStatus({ healthy: null, text: "?" })];
  fc.assert(
    fc.property(fc.constantFrom(...LIMITS), fc.constantFrom(...services), ([, over, cause], service) => {
      const { findings, readiness } = diagnose(factsOf(anAccount, over, service), someSettings()).targets[0]!;
      expect(readiness !== undefined).toBe(service.healthy === true);
      expect(findings.some(({ code }) => code === cause)).toBe(service.healthy !== true);
    }),
  );
});

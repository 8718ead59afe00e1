/** The lines of every gap that the doctor tells: of databases that lack all of it. */
import { GAPS, type Gap } from "../../src/domain/doctor/finding.ts";
import { gapsOf } from "../../src/domain/doctor/gaps.ts";
import type { Facts, TargetFacts } from "../../src/domain/facts.ts";
import { aCluster, aKeyRotated, anAccess, anAccount, anAssignment, aPolicyVault, aVault, someFacts, SUBSCRIPTION, V1 } from "./builders.ts";

const STRANGER = "22222222-0000-4000-8000-000000000002";
const POLICY = { tenantId: "", objectId: STRANGER, applicationId: null, keys: ["get", "wrapKey", "unwrapKey"] };
const BARE = {
  purgeProtection: false,
  softDeleteRetentionInDays: 7,
  network: { ...aVault().network, publicNetworkAccess: "disabled" },
} satisfies Partial<ReturnType<typeof aVault>>;

const PINNED = aCluster({ keyUri: `https://kv-orders.vault.azure.net/keys/cmk/${V1}` });

const LACKING: [TargetFacts, Partial<Facts>][] = [
  [
    anAccount(),
    {
      ...aKeyRotated(null),
      vault: aVault(BARE),
      access: [anAccess({ assignments: [anAssignment({ scope: SUBSCRIPTION })] })],
      held: { assignments: [anAssignment({ principalId: STRANGER, name: "stranger" })], left: 0 },
    },
  ],
  [anAccount(), { ...aKeyRotated({ rotates: false, expiryTime: "P180D" }), vault: aPolicyVault(["all"], { ...BARE, policies: [POLICY] }) }],
  [anAccount(), { vault: aPolicyVault(["all"]) }],
  [PINNED, { targets: [PINNED] }],
  [{ ...PINNED, defaultIdentity: { form: "undefined" } }, { targets: [PINNED] }],
];

const found: Gap[] = LACKING.flatMap(([target, facts]) => gapsOf(someFacts(facts), target, { locks: [] }));

/** Those that LACKING does not bring about. */
export const untoldGaps = GAPS.filter((code) => found.every((gap) => gap.code !== code));

export const gapLines: string[] = found.flatMap(({ az }) => az);

import { expect, test } from "vitest";
import { createWatchRoles, type WatchRolesDeps } from "../../src/activities/watch-roles.ts";
import type { RoleAssignment } from "../../src/domain/facts.ts";
import type { Lists } from "../../src/domain/reads/screening.ts";
import type { RolesRecord } from "../../src/domain/roles/lacking.ts";
import { HOUR, MINUTE, toIso, toMs } from "../../src/domain/time.ts";
import {
  aDeny,
  anAccount,
  anAssignment,
  aVault,
  ENCRYPTION_ROLE,
  NOW,
  OWN,
  someSettings,
  SUBSCRIPTION,
  SUBSCRIPTION_ID,
  VAULT_ID,
} from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";

const READ = "Microsoft.KeyVault/vaults/read";
const WATCHER = anAssignment({ principalId: OWN.observe, scope: SUBSCRIPTION });
const DEFINED = {
  id: ENCRYPTION_ROLE,
  roleName: "w",
  permissions: [{ actions: [READ], notActions: [], dataActions: [], notDataActions: [] }],
};
const listed = (over: Partial<Lists> = {}): Lists => ({
  targets: [anAccount()],
  vaults: [aVault()],
  identities: [],
  assignments: [WATCHER],
  denies: [],
  ...over,
});

function setUp(over: Partial<WatchRolesDeps> = {}, lists: () => Lists | undefined = listed) {
  let at = toMs(NOW);
  const kept: RolesRecord[] = [];
  const asked: string[] = [];
  const log = fakeLog();
  const { hearing, watch } = createWatchRoles({
    subscriptionIds: [SUBSCRIPTION_ID.toUpperCase()],
    deployed: { ...someSettings(), principals: { observe: OWN.observe }, firstPartyPrincipalId: null },
    others: { observe: { actions: [READ], dataActions: [] }, support: { actions: [], dataActions: [] } },
    readAssigned: async (subscriptionId, principalId): Promise<RoleAssignment[]> => {
      asked.push(`${principalId} in ${subscriptionId}`);
      return [];
    },
    readDefinition: async (id) => {
      asked.push(id);
      return DEFINED;
    },
    load: async () => kept.at(-1) ?? null,
    keep: async (record) => void kept.push(record),
    now: () => new Date(at),
    ...over,
  });
  const list = hearing(async () => lists());
  const sweep = async (afterMs = 0): Promise<void> => {
    at += afterMs;
    await list(SUBSCRIPTION_ID);
    await watch(log);
  };
  return { list, watch: () => watch(log), sweep, kept, asked, lines: log.lines, pass: (ms: number) => void (at += ms) };
}

const lost = (): Lists => listed({ assignments: [] });

test("goes by what screening was told, and asks Azure for each role's definition once", async () => {
  const { sweep, kept, asked, lines } = setUp({}, () =>
    listed({
      assignments: [WATCHER, { ...WATCHER, name: "b", scope: VAULT_ID }, anAssignment({ roleDefinitionId: `${ENCRYPTION_ROLE}2` })],
    }),
  );
  await sweep();
  expect([kept, asked, lines]).toEqual([[{ at: NOW, lacks: [] }], [ENCRYPTION_ROLE], []]);
});

test("hands on what it hears", async () => {
  const { list } = setUp();
  expect(await list(SUBSCRIPTION_ID)).toEqual(listed());
});

test("is looked at once an hour while all is well, by another worker's hour too", async () => {
  const { sweep, kept } = setUp();
  for (let n = 0; n < 14; n++) await sweep(5 * MINUTE);
  expect(kept.map(({ at }) => (toMs(at) - toMs(NOW)) / MINUTE)).toEqual([5, 65]);
  const other = setUp({ load: async () => ({ at: toIso(toMs(NOW) - HOUR + MINUTE), lacks: [] }) });
  await other.sweep();
  expect(other.kept).toEqual([]);
  await other.sweep(MINUTE);
  expect(other.kept).toHaveLength(1);
});

test("what a clock wrote down that was ahead holds nothing up", async () => {
  const other = setUp({ load: async () => ({ at: toIso(toMs(NOW) + 10 * HOUR), lacks: [] }) });
  await other.sweep();
  expect(other.kept).toHaveLength(1);
  const { sweep, kept } = setUp();
  await sweep(10 * HOUR);
  await sweep(-5 * HOUR);
  expect(kept.map(({ at }) => (toMs(at) - toMs(NOW)) / HOUR)).toEqual([10, 5]);
});

test("what is lacking is told once, with what gives it back, and looked at by each sweep until it is back, which is told", async () => {
  let lists = lost();
  const { sweep, kept, asked, lines } = setUp({}, () => lists);
  for (let n = 0; n < 3; n++) await sweep(5 * MINUTE);
  expect(kept.map(({ lacks }) => lacks.length)).toEqual([1, 1, 1]);
  expect(asked.filter((one) => one === `${OWN.observe} in ${SUBSCRIPTION_ID.toUpperCase()}`)).toHaveLength(3);
  const fields = { capability: "observe", actions: [READ], vaults: 1, runbook: expect.arrayContaining(["npm run deploy -- --again"]) };
  expect(lines).toMatchObject([{ level: "error", event: "roleLacking", fields: { ...fields, text: expect.stringContaining("lacks") } }]);
  lists = listed();
  await sweep(5 * MINUTE);
  await sweep(5 * MINUTE);
  expect(lines.slice(1)).toMatchObject([{ level: "info", event: "rolesWhole" }]);
  expect(kept).toHaveLength(4);
});

test("what is lacking otherwise is told again", async () => {
  let lists = lost();
  const { sweep, lines } = setUp({}, () => lists);
  await sweep();
  lists = listed({ denies: [aDeny({ permissions: DEFINED.permissions, principals: [{ id: OWN.observe, type: "User" }] })] });
  await sweep(MINUTE);
  expect(lines.map(({ event, fields }) => [event, String(fields["text"]).includes("denied by")])).toEqual([
    ["roleLacking", false],
    ["roleLacking", true],
  ]);
});

test("what it has through a group is known by asking who resolves groups, before anything is told", async () => {
  const through = { ...WATCHER, principalId: "g", principalType: "Group" };
  const { sweep, kept, lines } = setUp({ readAssigned: async () => [through] }, lost);
  await sweep();
  expect([kept, lines]).toEqual([[{ at: NOW, lacks: [] }], []]);
});

test("what it is seen to have counts still where it is asked about for something else", async () => {
  const OTHER = "Microsoft.DocumentDB/databaseAccounts/read";
  const others = { observe: { actions: [READ, OTHER], dataActions: [] }, support: { actions: [], dataActions: [] } };
  const { sweep, kept, asked } = setUp({ others });
  await sweep();
  expect(kept).toMatchObject([{ lacks: [{ capability: "observe", state: "lacking", actions: [OTHER] }] }]);
  expect(asked).toEqual([ENCRYPTION_ROLE, `${OWN.observe} in ${SUBSCRIPTION_ID.toUpperCase()}`]);
});

test("where Azure does not say so what is seen is told", async () => {
  const { sweep, kept } = setUp({ readAssigned: async () => ({ state: "unreadable", why: "denied", detail: "403" }) }, lost);
  await sweep();
  expect(kept).toMatchObject([{ lacks: [{ state: "lacking", actions: [READ] }] }]);
});

test("what is not known is told as that", async () => {
  const { sweep, lines } = setUp({ readDefinition: async (id) => ({ id, roleName: "", permissions: null }) });
  await sweep();
  expect(lines).toMatchObject([
    { level: "warn", event: "roleUnknown", fields: { text: expect.stringMatching(/^whether .* is not known/) } },
  ]);
});

test("refused lists are lacking; of lists that get no answer now nothing is said", async () => {
  const refused = setUp({}, () => undefined);
  await refused.sweep();
  expect(refused.lines).toMatchObject([{ level: "error", event: "roleLacking", fields: { capability: "observe" } }]);
  const silent = setUp();
  await silent.watch();
  expect([silent.kept, silent.lines]).toEqual([[], []]);
  const half = setUp({ subscriptionIds: [SUBSCRIPTION_ID, "0b1f6471-0000-4000-8000-000000000002"] });
  await half.sweep();
  expect([half.kept, half.lines]).toEqual([[], []]);
  const busy = setUp({ readDefinition: throwing(transient()) });
  await busy.sweep();
  expect([busy.kept, busy.lines]).toMatchObject([[], [{ level: "warn", event: "rolesUnread" }]]);
  await expect(setUp({ readDefinition: throwing(new Error("a fault")) }).sweep()).rejects.toThrow("a fault");
});

test("lists that were heard are compared once: what is older tells nothing of now", async () => {
  const { list, watch, kept } = setUp({}, lost);
  await list(SUBSCRIPTION_ID);
  await watch();
  await watch();
  expect(kept).toHaveLength(1);
});

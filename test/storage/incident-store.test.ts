import { RestError } from "@azure/core-rest-pipeline";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { InvariantError, TransientError } from "../../src/domain/errors.ts";
import { createIncidentStore } from "../../src/storage/incident-store.ts";
import { createMailbox } from "../../src/storage/mailbox.ts";
import { toRow } from "../../src/storage/rows.ts";
import { createTables } from "../../src/storage/tables.ts";
import { useAzurite } from "../support/azurite.ts";

type Thing = { id: string; vaultId: string; state: string; openedAt: string; text: string; progress?: { lookedAt?: string } };

const { fresh } = useAzurite();
const VAULT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v1";
const noWord = (text: string): never => {
  throw new Error(text);
};
const OTHER = VAULT.replace("v1", "v2");
const thing = (day: number, more: Partial<Thing> = {}): Thing => ({
  id: `2026110${day}T100000000Z-abc123`,
  vaultId: VAULT,
  state: "working",
  openedAt: `2026-11-0${day}T10:00:00.000Z`,
  text: "",
  ...more,
});

test("keeps an incident whatever its length and letters, and finds it by any casing of the vault's id", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  const long = thing(1, { text: `${'😀é\u2028\\"'.repeat(12_000)}end` });
  await store.save(long, undefined);
  expect((await store.load(VAULT.toUpperCase(), long.id))?.incident).toEqual(long);
  expect(await store.find(long.id)).toEqual(long);
  expect(await store.find("20261109T100000000Z-abc123")).toBeUndefined();
  expect(await store.load(OTHER, long.id)).toBeUndefined();
});

test("says which incident was saved, once it is kept: one that somebody else changed meanwhile is not", async () => {
  const saved: string[] = [];
  const store = createIncidentStore<Thing>(fresh().tables, noWord, ({ id }) => void saved.push(id));
  const one = thing(1);
  await store.save(one, undefined);
  await expect(store.save(one, "another")).rejects.toThrow();
  expect(saved).toEqual([one.id]);
});

test("refuses an incident that no row can hold, and keeps the one before", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  await store.save(thing(1), undefined);
  const etag = (await store.load(VAULT, thing(1).id))?.etag;
  const noise = randomBytes(1_000_000).toString("base64");
  await expect(store.save(thing(1, { text: noise }), etag)).rejects.toThrow(/a row holds 960000/);
  expect((await store.load(VAULT, thing(1).id))?.incident).toEqual(thing(1));
});

test("shrinks: nothing of a longer incident stays behind", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  await store.save(thing(1, { text: "x".repeat(100_000) }), undefined);
  await store.save(thing(1, { text: "short" }), (await store.load(VAULT, thing(1).id))?.etag);
  expect((await store.load(VAULT, thing(1).id))?.incident.text).toBe("short");
});

test("the newest incident of a vault is its latest", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  expect(await store.latest(VAULT)).toBeUndefined();
  for (const day of [2, 3, 1]) await store.save(thing(day), undefined);
  await store.save(thing(9, { vaultId: OTHER }), undefined);
  expect((await store.latest(VAULT))?.incident.id).toBe(thing(3).id);
});

test("of two who have read the same, one may save", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  await store.save(thing(1), undefined);
  await expect(store.save(thing(1), undefined)).rejects.toBeInstanceOf(TransientError);
  const read = await store.load(VAULT, thing(1).id);
  const saves = await Promise.allSettled(["a", "b"].map((text) => store.save(thing(1, { text }), read?.etag)));
  expect(saves.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(saves.find((save) => save.status === "rejected")).toMatchObject({ reason: { name: "TransientError" } });
});

test("lists newest first over all vaults, page by page, by state and by vault", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  for (const day of [1, 3, 5]) await store.save(thing(day), undefined);
  for (const day of [2, 4]) await store.save(thing(day, { vaultId: OTHER, state: "closed" }), undefined);
  const first = await store.list({ top: 2 });
  expect(first.value.map(({ id }) => id.slice(7, 8))).toEqual(["5", "4"]);
  const second = await store.list({ top: 2, continuation: first.continuation ?? "" });
  expect(second.value.map(({ id }) => id.slice(7, 8))).toEqual(["3", "2"]);
  const last = await store.list({ top: 2, continuation: second.continuation ?? "" });
  expect(last).toMatchObject({ value: [{ id: thing(1).id }], continuation: undefined });
  expect((await store.list({ top: 9, state: "closed" })).value.map(({ id }) => id.slice(7, 8))).toEqual(["4", "2"]);
  expect((await store.list({ top: 9, vaultId: VAULT })).value).toHaveLength(3);
  expect((await store.list({ top: 9, state: "it's" })).value).toEqual([]);
});

const signal = (id: string, at: string) => ({ id, at });

test("keeps a signal once, oldest first, until it is dropped", async () => {
  const { tables } = fresh();
  const mailbox = createMailbox<{ id: string; at: string }, { id: string; at: string; incidentId: string }>(tables);
  await mailbox.addSignal(VAULT, signal("b/#?|é", "2026-11-02T00:00:00Z"));
  await mailbox.addSignal(VAULT.toLowerCase(), signal("b/#?|é", "2026-11-02T00:00:00Z"));
  await mailbox.addSignal(VAULT, signal("a", "2026-11-01T00:00:00Z"));
  expect((await mailbox.listSignals(VAULT)).map(({ id }) => id)).toEqual(["a", "b/#?|é"]);
  await mailbox.dropSignals(VAULT, ["a", "was never there"]);
  expect((await mailbox.listSignals(VAULT)).map(({ id }) => id)).toEqual(["b/#?|é"]);
  expect(await mailbox.listSignals(OTHER)).toEqual([]);
  // Messages share the table with incidents and are none.
  expect((await createIncidentStore<Thing>(tables, noWord).list({ top: 9 })).value).toEqual([]);
});

test("drops hundreds of signals", async () => {
  const mailbox = createMailbox(fresh().tables);
  const ids = Array.from({ length: 120 }, (_, i) => `s${i}`);
  await Promise.all(ids.map((id) => mailbox.addSignal(VAULT, signal(id, "2026-11-01T00:00:00Z"))));
  await mailbox.dropSignals(VAULT, ids);
  expect(await mailbox.listSignals(VAULT)).toEqual([]);
});

test("keeps decisions by incident", async () => {
  const mailbox = createMailbox<{ id: string; at: string }, { id: string; at: string; incidentId: string }>(fresh().tables);
  await mailbox.addDecision({ id: "d2", at: "2026-11-02T00:00:00Z", incidentId: "i1" });
  await mailbox.addDecision({ id: "d1", at: "2026-11-01T00:00:00Z", incidentId: "i1" });
  expect((await mailbox.listDecisions("i1")).map(({ id }) => id)).toEqual(["d1", "d2"]);
  expect(await mailbox.listDecisions("i2")).toEqual([]);
});

test("a step is claimed once in a turn, by whoever comes first", async () => {
  const mailbox = createMailbox(fresh().tables);
  const claim = { incidentId: "i1", stepId: "EnableKeyVersion|https://v/keys/k/1#?", turn: 7 };
  const runs = await Promise.all([mailbox.claim(claim), mailbox.claim(claim), mailbox.claim(claim)]);
  expect(runs.filter((first) => first)).toHaveLength(1);
  expect(await mailbox.claim({ ...claim, turn: 8 })).toBe(true);
  expect(await mailbox.claim({ ...claim, stepId: "other" })).toBe(true);
  expect(await mailbox.claim({ ...claim, incidentId: "i2" })).toBe(true);
  expect((await mailbox.listClaims("i1")).map(({ turn, stepId }) => `${turn} ${stepId}`).toSorted()).toEqual([
    `7 ${claim.stepId}`,
    "7 other",
    `8 ${claim.stepId}`,
  ]);
});

test("storage that can't be reached is an outage, and the next try begins anew", async () => {
  const { connectionString, names } = fresh();
  const dead = connectionString.replace(/TableEndpoint=http:\/\/127\.0\.0\.1:\d+/, "TableEndpoint=http://127.0.0.1:9");
  const tables = createTables({ location: { connectionString: dead }, names, pipelineOptions: { retryOptions: { maxRetries: 0 } } });
  const store = createIncidentStore<Thing>(tables, noWord);
  await expect(store.latest(VAULT)).rejects.toBeInstanceOf(TransientError);
  await expect(store.latest(VAULT)).rejects.toBeInstanceOf(TransientError);
  // What is not known to be claimed by this run is no claim.
  await expect(createMailbox(tables).claim({ incidentId: "i1", stepId: "s", turn: 1 })).rejects.toBeInstanceOf(TransientError);
});

test("reads a row as an earlier version split it", async () => {
  const { tables } = fresh();
  const store = createIncidentStore<Thing>(tables, noWord);
  await store.save(thing(1), undefined);
  const old = JSON.stringify(thing(1, { text: "y".repeat(50_000) }));
  await tables.use("incidents", "test", async (client) => {
    for await (const { partitionKey = "", rowKey = "" } of client.listEntities())
      await client.updateEntity(
        { partitionKey, rowKey, schema: 1, parts: 2, json0: old.slice(0, 32_000), json1: old.slice(32_000) },
        "Merge",
      );
  });
  expect((await store.latest(VAULT))?.incident.text).toHaveLength(50_000);
});

test("a signal as long as an event may be is cut, known again, and dropped by what it is listed as", async () => {
  const mailbox = createMailbox<{ id: string; at: string; what: string }, { id: string; at: string; incidentId: string }>(fresh().tables);
  const long = { ...signal("x".repeat(40_000), "2026-11-01T00:00:00Z"), what: "w".repeat(1_000_000) };
  await mailbox.addSignal(VAULT, long);
  await mailbox.addSignal(VAULT, long);
  await mailbox.addSignal(VAULT, { ...long, id: `${long.id}y` });
  const listed = await mailbox.listSignals(VAULT);
  expect(listed).toHaveLength(2);
  expect(JSON.stringify(listed).length).toBeLessThan(60_000);
  await mailbox.dropSignals(
    VAULT,
    listed.map(({ id }) => id),
  );
  expect(await mailbox.listSignals(VAULT)).toEqual([]);
});

test("decisions are never cut", async () => {
  const mailbox = createMailbox<{ id: string; at: string }, { id: string; at: string; incidentId: string; steps: string[] }>(
    fresh().tables,
  );
  const decision = {
    id: "d1",
    at: "2026-11-01T00:00:00Z",
    incidentId: "i1",
    steps: Array.from({ length: 2000 }, (_, i) => `step-${i} on ${VAULT}`),
  };
  await mailbox.addDecision(decision);
  expect(await mailbox.listDecisions("i1")).toEqual([decision]);
});

test("sets aside what waits, even what can't be read", async () => {
  const { tables } = fresh();
  const mailbox = createMailbox(tables);
  for (let i = 0; i < 130; i++) await mailbox.addSignal(VAULT, signal(`s${i}`, "2026-11-01T00:00:00Z"));
  await tables.use("incidents", "test", async (client) => {
    for await (const { partitionKey = "", rowKey = "" } of client.listEntities()) {
      await client.updateEntity({ partitionKey, rowKey, json0: "{" }, "Merge");
      break;
    }
  });
  await expect(mailbox.listSignals(VAULT)).rejects.toThrow(SyntaxError);
  expect(await mailbox.setAside(VAULT)).toBe(130);
  expect(await mailbox.listSignals(VAULT)).toEqual([]);
  expect(await mailbox.setAside(VAULT)).toBe(0);
});

test("sets aside a part after the other: what is moved stays moved where the rest can't be, and the longest fit", async () => {
  const { tables } = fresh();
  const mailbox = createMailbox(tables);
  const long = { ...signal("", "2026-11-01T00:00:00Z"), what: '"'.repeat(20_000) };
  for (let i = 0; i < 70; i++) await mailbox.addSignal(VAULT, { ...long, id: `s${i}` });
  let transactions = 0;
  const failing: typeof tables = {
    use: (table, operation, work) =>
      tables.use(table, operation, (client) => {
        const submit = client.submitTransaction.bind(client);
        client.submitTransaction = (actions) => {
          transactions += 1;
          return transactions === 3 ? Promise.reject(new RestError("away", { code: "ECONNRESET" })) : submit(actions);
        };
        return work(client).finally(() => (client.submitTransaction = submit));
      }),
  };
  await expect(createMailbox(failing).setAside(VAULT)).rejects.toBeInstanceOf(TransientError);
  expect(await mailbox.listSignals(VAULT)).toHaveLength(20);
  expect(await mailbox.setAside(VAULT)).toBe(20);
});

test("what was set aside is forgotten when what was told is, and nothing else with it", async () => {
  const { tables } = fresh();
  const mailbox = createMailbox(tables);
  await mailbox.addSignal(VAULT, signal("s1", "2026-11-01T00:00:00Z"));
  await mailbox.setAside(VAULT);
  await mailbox.addSignal(VAULT, signal("s2", "2026-11-01T00:00:00Z"));
  const kept = (): Promise<string[]> =>
    tables.use("incidents", "test", async (client) => {
      const partitions: string[] = [];
      for await (const { partitionKey = "" } of client.listEntities()) partitions.push(partitionKey.split("-")[0]!);
      return partitions.toSorted();
    });
  // By the clock of the tables.
  const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
  await mailbox.forgetAside(inDays(89));
  expect(await kept()).toEqual(["aside", "signal"]);
  await mailbox.forgetAside(inDays(91));
  expect(await kept()).toEqual(["signal"]);
});

test("what storage refuses for what it is, no repetition cures", async () => {
  const { tables } = fresh();
  const tooLarge = tables.use("incidents", "keep it", (client) =>
    client.createEntity({ partitionKey: "p", rowKey: "r", text: "x".repeat(70_000) }).then(() => undefined),
  );
  await expect(tooLarge).rejects.toBeInstanceOf(InvariantError);
});

test.each([
  ["no JSON", { schema: 1, parts: 1, json0: "{" }],
  ["of a later version", { schema: 3, parts: 1, json0: "{}" }],
  ["without a part", { schema: 2, parts: 1 }],
  ["no incident", toRow({ id: "x" }, "a row")],
  ["nothing", toRow(null, "a row")],
])("a row that is %s is set aside with a word, and stops nobody else", async (_, odd) => {
  const words: string[] = [];
  const { tables } = fresh();
  const store = createIncidentStore<Thing>(tables, (text) => void words.push(text));
  for (const day of [1, 2]) await store.save(thing(day), undefined);
  await store.save(thing(1, { vaultId: OTHER }), undefined);
  await tables.use("incidents", "spoil a row", async (client) => {
    for await (const { partitionKey, rowKey, vaultId } of client.listEntities<{ vaultId: string }>())
      if (vaultId === VAULT && rowKey!.startsWith("79738897"))
        await client.upsertEntity({ partitionKey: partitionKey!, rowKey: rowKey!, state: "working", ...odd }, "Replace");
  });
  expect((await store.list({ top: 10 })).value).toEqual([thing(1), thing(1, { vaultId: OTHER })]);
  expect((await store.latest(VAULT))?.incident).toEqual(thing(1));
  expect(await store.load(VAULT, thing(2).id)).toBeUndefined();
  expect(await store.find(thing(2).id)).toBeUndefined();
  expect(words).toHaveLength(4);
  expect(words[0]).toContain(`incident ${thing(2).id}`);
});

test("lists whose incident is open, or found something and was closed since; not what was closed before, or found nothing", async () => {
  type Ended = Thing & { closedAt: string | null; outcome: string | null };
  const store = createIncidentStore<Ended>(fresh().tables, noWord);
  const since = "2026-11-05T10:00:00.000Z";
  const keep = (vault: string, day: number, state: string, closedAt: string | null, outcome: string | null) =>
    store.save({ ...thing(day), vaultId: VAULT.replace("v1", vault), state, closedAt, outcome }, undefined);
  await keep("open", 1, "waiting", null, null);
  await keep("healed", 1, "closed", since, "Healed");
  await keep("nothing", 1, "closed", since, "NoChangeNeeded");
  await keep("before", 1, "closed", "2026-11-05T09:59:59.999Z", "Healed");
  await keep("twice", 1, "closed", since, "Refused");
  await keep("twice", 2, "closed", since, "Refused");
  const names = (await store.listTroubled(since)).map((id) => id.split("/").at(-1));
  expect(names.toSorted()).toEqual(["healed", "open", "twice"]);
});

test("tells which incidents are open", async () => {
  const store = createIncidentStore<Thing>(fresh().tables, noWord);
  await store.save(thing(1, { state: "waiting" }), undefined);
  await store.save(thing(2, { state: "closed" }), undefined);
  expect(await store.listOpen()).toEqual([{ id: thing(1).id, vaultId: VAULT }]);
  const lookedAt = "2026-11-05T10:00:00.000Z";
  await store.save({ ...thing(3, { state: "waiting" }), progress: { lookedAt } }, undefined);
  expect(await store.listOpen()).toContainEqual({ id: thing(3).id, vaultId: VAULT, lookedAt });
});

test("tells for whom signals wait, by any name of the vault", async () => {
  const { tables } = fresh();
  const mailbox = createMailbox<{ id: string; at: string }, { id: string; at: string; incidentId: string }>(tables);
  expect((await mailbox.listWaiting())(VAULT)).toBe(false);
  await mailbox.addSignal(VAULT, { id: "s1", at: "2026-11-01T10:00:00.000Z" });
  const isWaiting = await mailbox.listWaiting();
  expect([isWaiting(VAULT.toUpperCase()), isWaiting(OTHER)]).toEqual([true, false]);
  await mailbox.dropSignals(VAULT, ["s1"]);
  expect((await mailbox.listWaiting())(VAULT)).toBe(false);
});

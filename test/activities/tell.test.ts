import { describe, expect, test } from "vitest";
import { createTeller, type TellerDeps } from "../../src/activities/tell.ts";
import type { Channel, Letter, Sent } from "../../src/domain/telling/letters.ts";
import type { News } from "../../src/domain/telling/news.ts";
import { DAY, MINUTE } from "../../src/domain/time.ts";
import { NOW } from "../support/builders.ts";
import { fakeLog } from "../support/fakes.ts";
import { after } from "../support/turns.ts";

const aNews = (over: Partial<News> = {}): News => ({
  id: "n1",
  type: "Keymend.Escalated",
  weight: "now",
  at: NOW,
  about: "/v",
  incidentId: "i1",
  like: "l1",
  title: "t",
  text: "x",
  facts: [],
  asks: false,
  data: {},
  ...over,
});

type Kept = Letter & { row: { key: string; etag: string } };

/** Holds to the store's promises: news once, a letter for whoever keeps it first. */
function fakeLetters() {
  const told = new Map<string, string>();
  const rows = new Map<string, Kept>();
  const dead: Letter[] = [];
  let etags = 0;
  const store: TellerDeps["letters"] = {
    likeToldAt: async (like) => told.get(`like ${like}`) ?? null,
    put: async (id, letters, at, like) => {
      if (told.has(id)) return false;
      told.set(id, at);
      if (like !== null) told.set(`like ${like}`, at);
      for (const letter of letters) {
        const key = `${id} ${letter.channel}`;
        rows.set(key, { ...letter, row: { key, etag: String(++etags) } });
      }
      return true;
    },
    list: async () => [...rows.values()].map((one) => structuredClone(one)),
    keep: async (letter) => {
      if (rows.get(letter.row.key)?.row.etag !== letter.row.etag) return undefined;
      const kept = { ...letter, row: { ...letter.row, etag: String(++etags) } };
      rows.set(letter.row.key, kept);
      return structuredClone(kept);
    },
    drop: async ({ row }) => void rows.delete(row.key),
    bury: async ({ row, ...letter }) => {
      rows.delete(row.key);
      dead.push(letter);
    },
  };
  return { store, rows, dead };
}

function setUp(names: Channel[] = ["topic", "teams"]) {
  const sent: string[] = [];
  const away = new Set<Channel>();
  const { store, rows, dead } = fakeLetters();
  const broken = new Map<Channel, unknown>();
  const clock = { at: NOW, sendingMinutes: 0 };
  const log = fakeLog();
  const tell =
    (channel: Channel) =>
    async (bundle: readonly News[]): Promise<Sent> => {
      if (broken.has(channel)) throw broken.get(channel);
      sent.push(`${channel} ${bundle.map(({ id }) => id).join("+")}`);
      clock.at = new Date(Date.parse(clock.at) + clock.sendingMinutes * MINUTE).toISOString();
      return away.has(channel) ? { ok: false, why: "503", retryAfterMs: null } : { ok: true };
    };
  const make = (channels: Channel[]) =>
    createTeller({
      letters: store,
      channels: Object.fromEntries(channels.map((name) => [name, tell(name)])),
      pace: { digestMs: 15 * MINUTE, quietHours: null },
      unresolved: ["KEYMEND_TEAMS_WEBHOOK"],
      now: () => new Date(clock.at),
    });
  const teller = make(names);
  const deliver = async (minutes: number) => {
    clock.at = after(minutes);
    await teller.deliver(log);
    return sent.splice(0);
  };
  return { teller, make, deliver, away, broken, rows, dead, clock, log, sent, store };
}

test("news goes to every channel once, however often it is put", async () => {
  const { teller, deliver, rows } = setUp();
  await teller.put([aNews(), aNews({ id: "n2", weight: "record" })]);
  await teller.put([aNews()]);
  expect((await deliver(0)).toSorted()).toEqual(["teams n1", "topic n1", "topic n2"]);
  await teller.put([aNews()]);
  expect(await deliver(60)).toEqual([]);
  expect(rows.size).toBe(0);
});

test("what can wait is told people together, and what is like it again within a day is not", async () => {
  const { teller, deliver } = setUp(["mail"]);
  await teller.put([
    aNews({ weight: "soon", like: "a" }),
    aNews({ id: "n2", weight: "soon", like: "b" }),
    aNews({ id: "n3", weight: "soon", like: "a" }),
  ]);
  expect(await deliver(14)).toEqual([]);
  expect(await deliver(15)).toEqual(["mail n1+n2"]);
});

test("what comes again and again is told people once a day, however often it comes", async () => {
  const { teller, deliver, clock } = setUp(["mail"]);
  const told: string[] = [];
  for (let hours = 0; hours < 100; hours += 10) {
    clock.at = after(hours * 60);
    await teller.put([aNews({ id: `n${hours}`, weight: "soon", like: "a" })]);
    told.push(...(await deliver(hours * 60 + 15)));
  }
  expect(told).toEqual(["mail n0", "mail n30", "mail n60", "mail n90"]);
});

test("what only machines were told is news to people", async () => {
  const { teller, deliver } = setUp(["mail"]);
  await teller.put([aNews({ weight: "record" }), aNews({ id: "n2", weight: "soon" })]);
  expect(await deliver(15)).toEqual(["mail n2"]);
});

test("who is away is asked once in a round, is told again later, and does not hold up others", async () => {
  const { teller, deliver, away, log } = setUp();
  await teller.put([aNews(), aNews({ id: "n2" })]);
  away.add("topic");
  expect((await deliver(0)).toSorted()).toEqual(["teams n1", "teams n2", "topic n1"]);
  expect(log.lines).toMatchObject([{ level: "warn", event: "notTold", fields: { channel: "topic", vaultId: "/v", tries: 1 } }]);
  expect(await deliver(0.5)).toEqual(["topic n2"]);
  away.clear();
  expect(await deliver(0.6)).toEqual([]);
  expect(await deliver(1.5)).toEqual(["topic n1", "topic n2"]);
});

test("who takes long over each holds up nobody for more than half a minute; the rest goes out with the next round", async () => {
  const { teller, deliver, clock } = setUp(["topic"]);
  await teller.put(["n1", "n2", "n3", "n4"].map((id) => aNews({ id })));
  clock.sendingMinutes = 0.25;
  expect(await deliver(0)).toEqual(["topic n1", "topic n2"]);
  expect(await deliver(1)).toEqual(["topic n3", "topic n4"]);
});

test.each([
  [
    "a mistake with a code",
    Object.assign(new TypeError("Invalid URL: https://t?sig=secret"), { code: "ERR_INVALID_URL" }),
    "TypeError ERR_INVALID_URL",
  ],
  ["one without", new RangeError("https://t?sig=secret"), "RangeError"],
  ["what is no error", "https://t?sig=secret", "string"],
])("%s in a channel fails no look, keeps the letter, and is told without the address", async (_, error, kind) => {
  const { teller, deliver, broken, rows, log } = setUp();
  broken.set("teams", error);
  await teller.put([aNews()]);
  expect(await deliver(0)).toEqual(["topic n1"]);
  expect([...rows.values()]).toMatchObject([{ channel: "teams", tries: 1, failure: `nothing could be sent: ${kind}` }]);
  expect(log.lines).toMatchObject([{ level: "error", event: "channelFailed", fields: { channel: "teams" } }, { event: "notTold" }]);
  expect(JSON.stringify([log.lines, [...rows.values()]])).not.toContain("secret");
  broken.clear();
  expect(await deliver(1)).toEqual(["teams n1"]);
});

test("a day of that makes a dead letter, which is told as an error", async () => {
  const { teller, deliver, away, dead, rows, log } = setUp(["topic"]);
  away.add("topic");
  await teller.put([aNews()]);
  let tries = 0;
  for (let minutes = 0; minutes <= (DAY / MINUTE) * 1.1; minutes += 5) tries += (await deliver(minutes)).length;
  expect(rows.size).toBe(0);
  expect(dead).toMatchObject([{ channel: "topic", news: { id: "n1" }, failure: "503" }]);
  expect(tries).toBeGreaterThan(20);
  expect(tries).toBeLessThan(40);
  expect(log.lines.filter(({ level }) => level === "error")).toMatchObject([
    { event: "deadLetter", fields: { incidentId: "i1", channel: "topic" } },
  ]);
});

describe("two who deliver at the same time", () => {
  test("send each letter once", async () => {
    const { teller, log, sent } = setUp(["topic"]);
    await teller.put([aNews(), aNews({ id: "n2" })]);
    await Promise.all([teller.deliver(log), teller.deliver(log)]);
    expect(sent.toSorted()).toEqual(["topic n1", "topic n2"]);
  });
});

test("a channel that is set no more keeps its letters until they are dead", async () => {
  const { teller, make, log, rows, sent } = setUp(["topic", "mail"]);
  await teller.put([aNews()]);
  await make(["topic"]).deliver(log);
  expect(sent).toEqual(["topic n1"]);
  expect([...rows.values()]).toMatchObject([{ channel: "mail", tries: 1, failure: "the channel is not set any more" }]);
});

test("where no channel is set nothing is kept or asked", async () => {
  const { make, log, rows, store } = setUp();
  const never = async (): Promise<never> => {
    throw new Error("this should not be called");
  };
  const teller = make([]);
  await teller.put([aNews()]);
  store.list = never;
  await teller.deliver(log);
  expect(rows.size).toBe(0);
});

test("what the log is to tell of is put once, be a channel set or not", async () => {
  const { make } = setUp();
  const logged = aNews({ id: "n2", isLogged: true });
  const ids = async (teller: ReturnType<typeof make>) => (await teller.put([aNews(), logged])).map(({ id }) => id);
  const deaf = make([]);
  expect([await ids(deaf), await ids(deaf)]).toEqual([["n2"], []]);
  expect(await ids(make(["topic"]))).toEqual(["n1"]);
});

test("a round says whose secret can't be had, and sends what is due to the others", async () => {
  const { teller, log, sent } = setUp(["topic"]);
  await teller.put([aNews()]);
  await teller.round(log);
  expect(sent).toEqual(["topic n1"]);
  expect(log.lines).toMatchObject([
    { level: "error", event: "channelLost", fields: { text: expect.stringContaining("KEYMEND_TEAMS_WEBHOOK") as string } },
  ]);
});

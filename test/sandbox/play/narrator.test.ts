import { beforeEach, describe, expect, test } from "vitest";
import { createWorld } from "../../../sandbox/azure/world.ts";
import { Clock } from "../../../sandbox/time/clock.ts";
import { buildEstate, type Estate } from "../../../sandbox/estate/estate.ts";
import { createRandom } from "../../../sandbox/time/random.ts";
import { appEventOf, createNarrator, type Narrator } from "../../../sandbox/play/narrator.ts";

let said: string[];
let waiting: string | undefined;
let estate: Estate;
let narrator: Narrator;

beforeEach(() => {
  said = [];
  const clock = new Clock(Date.parse("2026-11-02T09:00:00Z"));
  const world = createWorld({ clock, random: createRandom(7), tenantId: "t", subscriptionId: "s", switches: {} });
  estate = buildEstate(world);
  const timeline = {
    say: (kind: string, text: string) => said.push(`${kind} ${text}`),
    note() {},
    waitFor: (text: string | undefined) => (waiting = text),
    tick() {},
    end() {},
  };
  narrator = createNarrator(timeline, world, (vaultId) => vaultId === estate.patients[0]!.vault.id);
});

const log = (fields: object, level = "information") =>
  narrator.log({ level, function: "assess", message: JSON.stringify(fields), at: "2026-11-02T09:00:00Z" });
const about = (event: string, text: string) => log({ event, vaultId: estate.patients[0]!.vault.id, text });

describe("the app's log", () => {
  test("is told by names instead of ids", () => {
    const { vault, identity } = estate.patients[0]!;
    about("diagnosis", `AccessMissing: ${identity.id} can't wrap with a key of ${vault.id}, says ${estate.operator.oid}`);
    expect(said).toEqual(["cause AccessMissing: id-orders can't wrap with a key of kv-orders, says operator"]);
  });

  test("names an identity once where its principal is called the same", () => {
    const { identity } = estate.patients[0]!;
    about("diagnosis", `AccessMissing: ${identity.id} (principal ${identity.principalId}) can't wrap; so does id-x (principal p-y)`);
    expect(said).toEqual(["cause AccessMissing: id-orders can't wrap; so does id-x (principal p-y)"]);
  });

  test("is left out where it is about other vaults, or nothing that people need", () => {
    log({ event: "diagnosis", vaultId: estate.patients[1]!.vault.id, text: "elsewhere" });
    about("looked", "nothing new");
    expect(said).toEqual([]);
  });

  test("is no news where it repeats itself", () => {
    about("facts", "2 databases");
    about("facts", "2 databases");
    about("facts", "3 databases");
    expect(said).toEqual(["facts 2 databases", "facts 3 databases"]);
  });

  test("shows what is waited for as a wait", () => {
    about("wait", "for the service's next key check");
    expect([said, waiting]).toEqual([[], "for the service's next key check"]);
  });

  test("is told where it warns of something that has no line of its own", () => {
    log({ event: "sweepFailed", text: "no table" }, "error");
    narrator.log({ level: "warning", function: "sweep", message: "a library warns", at: "" });
    narrator.log({ level: "information", function: "sweep", message: "a library talks", at: "" });
    expect(said).toEqual(["error no table", "warn a library warns"]);
  });

  test("shows a step that was refused as no step done", () => {
    const { vault } = estate.patients[0]!;
    log({ event: "step", vaultId: vault.id, result: "refused", text: "RecoverKey: refused" });
    log({ event: "step", vaultId: vault.id, result: "done", text: "RecoverKey: done" });
    expect(said).toEqual(["warn RecoverKey: refused", "done RecoverKey: done"]);
  });

  test("may hold lines that only look like JSON", () => {
    expect(appEventOf({ level: "information", function: "f", message: "{not json", at: "" })).toBeUndefined();
    expect(appEventOf({ level: "information", function: "f", message: '{"other":1}', at: "" })).toBeUndefined();
  });
});

describe("a delivery", () => {
  test("names the event and the function, in either schema", () => {
    const eventGrid = JSON.stringify([{ eventType: "Microsoft.Resources.ResourceDeleteSuccess" }]);
    narrator.delivery({ functionName: "onResourceEvent", body: eventGrid, isUp: true });
    narrator.delivery({ functionName: "onKeyVaultEvent", body: JSON.stringify({ type: "Microsoft.KeyVault.KeyExpired" }), isUp: false });
    expect(said).toEqual([
      "event ResourceDeleteSuccess → onResourceEvent",
      "event KeyExpired does not reach onKeyVaultEvent; Event Grid will try again",
    ]);
  });
});

test("a key check says what it means for the database", () => {
  const [orders] = estate.patients[0]!.databases;
  narrator.change({ what: "broken", databases: [orders!] });
  narrator.change({ what: "checkFailed", database: orders!, noticed: true });
  narrator.change({ what: "whole", databases: [orders!] });
  narrator.change({ what: "checkPassed", database: orders!, back: true });
  expect(said).toEqual([
    "azure account orders: key check failed, its data is out of reach now",
    "azure the key path works again: account orders",
    "azure account orders: key check passed, it serves again",
  ]);
});

test("a key check that brings nothing back says so", () => {
  const [orders] = estate.patients[0]!.databases;
  orders!.check.revoked = true;
  narrator.change({ what: "checkPassed", database: orders!, back: false });
  expect(said).toEqual(["azure account orders: the key is within reach again, and the service takes no notice"]);
});

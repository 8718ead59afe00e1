import { expect, test } from "vitest";
import type { Patient } from "../../src/domain/facts.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { createRecheck, type RecheckDeps } from "../../src/functions/recheck.ts";
import { ACCOUNT_ID, NOW, VAULT_ID } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";
import { PATIENT } from "../support/turns.ts";
import { fakeClient } from "./support.ts";

const OWN: Patient = { id: ACCOUNT_ID, kind: "database", vaultName: null };

function setUp(over: Partial<RecheckDeps> = {}) {
  const sent: { patient: Patient; signal: Signal; stuckBefore: string | null | undefined }[] = [];
  const asked: string[] = [];
  const log = fakeLog();
  const recheck = createRecheck({
    patients: { all: async () => ({ patients: [PATIENT, OWN], databases: [], unlisted: [], unread: null }) },
    sendSignal: async (_, patient, signal, stuckBefore) => (sent.push({ patient, signal, stuckBefore }), "started"),
    listTroubled: async (since) => (asked.push(since), [VAULT_ID.toUpperCase(), "/subscriptions/s1"]),
    now: () => new Date(NOW),
    ...over,
  });
  return { run: () => recheck(fakeClient().client, log), sent, asked, lines: log.lines };
}

test("who was in trouble within a day is looked at, and nobody else; what is stuck is for the sweep to say", async () => {
  const { run, sent, asked, lines } = setUp();
  await run();
  expect(asked).toEqual(["2026-11-01T10:00:00.000Z"]);
  const signal = {
    id: `recheck-${NOW}`,
    source: "sweep",
    what: "a look again",
    at: NOW,
    scope: { kind: "vault", id: VAULT_ID },
    caller: null,
  };
  expect(sent).toEqual([{ patient: PATIENT, signal, stuckBefore: null }]);
  expect(lines).toEqual([]);
});

test("while all is well nothing is read from Azure", async () => {
  const { run, sent } = setUp({ listTroubled: async () => [], patients: { all: throwing(new Error("this should not be called")) } });
  await run();
  expect(sent).toEqual([]);
});

test("one that can't be signalled does not keep the others from it; it then fails visibly", async () => {
  const sent: Patient[] = [];
  const { run, lines } = setUp({
    listTroubled: async () => [VAULT_ID, ACCOUNT_ID],
    sendSignal: async (_, patient) => {
      if (patient === PATIENT) throw transient();
      sent.push(patient);
      return "started";
    },
  });
  await expect(run()).rejects.toThrow("1 vaults could not be looked at again");
  expect(sent).toEqual([OWN]);
  expect(lines).toMatchObject([{ level: "error", event: "recheckFailed", fields: { vaultId: VAULT_ID } }]);
  const text = setUp({ sendSignal: () => Promise.reject("a text") }); // oxlint-disable-line typescript/prefer-promise-reject-errors
  await expect(text.run()).rejects.toThrow(AggregateError);
  expect(text.lines).toMatchObject([{ fields: { text: "a text" } }]);
});

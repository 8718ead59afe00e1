import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeyWrites } from "../../src/azure/write-key.ts";
import { InvariantError } from "../../src/domain/errors.ts";
import { type FakeAnswer, fakeAzure, VAULT_ID } from "../support/fake-azure.ts";

const VERSION = "0123456789abcdef0123456789abcdef";
const ON = { vaultId: VAULT_ID, vaultUri: "https://v1.vault.azure.net", key: "k1", version: VERSION };
const YEAR_9999 = Date.UTC(9999, 11, 31, 23, 59, 59);

type Attributes = Record<string, unknown>;
const bundle = (attributes: Attributes): FakeAnswer => ({ body: { key: { key_ops: ["wrapKey"] }, attributes } });

/** Answers each PATCH by `answer`, from what it asked for; the first read shows `before`. */
function setUp(before: Attributes, answer: (asked: Attributes, patches: number) => FakeAnswer | "reset") {
  let patches = 0;
  const { clients, writes } = fakeAzure(({ method, body }) => {
    if (method === "GET") return bundle(before);
    const { attributes } = body as { attributes: Attributes };
    return answer(attributes, (patches += 1));
  });
  return { keys: createKeyWrites({ reads: clients, writes: clients }), sent: () => writes().map(({ body }) => body) };
}

test("any date from 1970 to 9999 arrives as it was meant, in seconds", () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: Math.floor(YEAR_9999 / 1000) }), async (seconds) => {
      const iso = new Date(seconds * 1000).toISOString();
      const early = setUp({ enabled: true, nbf: seconds + 1 }, (asked) => bundle({ enabled: true, ...asked }));
      expect(await early.keys.SetKeyNotBefore({ ...ON, notBefore: iso })).toMatchObject({ kind: "done" });
      expect(early.sent()).toEqual([{ attributes: { nbf: seconds } }]);
      const late = setUp({ enabled: true, exp: 1 }, (asked) => bundle({ enabled: true, ...asked }));
      const extended = await late.keys.ExtendKeyExpiry({ ...ON, expiresOn: iso, previous: null, extensions: 1 });
      const isToCome = seconds * 1000 > Date.now();
      expect(extended.kind).toBe(isToCome ? "done" : "refused");
      expect(late.sent()).toEqual(isToCome ? [{ attributes: { exp: seconds } }] : []);
    }),
    { examples: [[2 ** 31 - 1], [2 ** 31], [2 ** 32], [Math.floor(YEAR_9999 / 1000)]] },
  ));

const FAR = "2041-11-02T10:00:00.000Z";
const extend = { ...ON, expiresOn: FAR, previous: "2026-11-01T00:00:00.000Z", extensions: 1 };
const ASKED = Date.parse(FAR) / 1000;

test.each<[string, Attributes, (asked: Attributes, patches: number) => FakeAnswer | "reset", string, unknown[]]>([
  ["is put back", { exp: 1793491200 }, () => bundle({ exp: -5 }), 'put back {"exp":1793491200}', [{ attributes: { exp: 1793491200 } }]],
  [
    "is told where it can't be put back",
    { exp: 1793491200 },
    (_asked, patches) => (patches === 1 ? bundle({ exp: -5 }) : "reset"),
    'could not be put back to {"exp":1793491200}: socket hang up',
    [{ attributes: { exp: 1793491200 } }],
  ],
])("another value than was asked for %s, and is a refusal that says both", async (_what, before, answer, said, undone) => {
  const { keys, sent } = setUp({ enabled: true, ...before }, answer);
  expect(await keys.ExtendKeyExpiry(extend)).toEqual({
    kind: "refused",
    reason: "AnsweredOtherwise",
    code: "OtherValue",
    detail: `asked for exp ${ASKED}, got -5; ${said}`,
  });
  expect(sent()).toEqual([{ attributes: { exp: ASKED } }, ...undone]);
});

test.each<[string, Attributes]>([
  ["another attribute", { enabled: false, exp: ASKED }],
  ["a date that is not there any more", { enabled: true, exp: ASKED, nbf: undefined }],
])("%s that has changed with what was asked is told and left alone: somebody may have meant it", async (_what, answered) => {
  const { keys, sent } = setUp({ enabled: true, exp: 1793491200, nbf: 5 }, () => bundle({ nbf: 5, ...answered }));
  const result = await keys.ExtendKeyExpiry(extend);
  expect(result).toMatchObject({
    kind: "refused",
    reason: "AnsweredOtherwise",
    detail: expect.stringMatching(/^left (enabled|nbf) .*, got /),
  });
  expect(sent()).toEqual([{ attributes: { exp: ASKED } }]);
});

test("another host than a vault's gets no token", async () => {
  const { keys } = setUp({}, () => bundle({}));
  await expect(keys.EnableKeyVersion({ ...ON, vaultUri: "https://v1.vault.azure.net.example.org" })).rejects.toBeInstanceOf(InvariantError);
});

const MOMENT = "2026-11-21T10:00:00.000Z";
const UPDATED = Date.parse(MOMENT) / 1000;

test.each<[string, Attributes, Attributes]>([
  ["as asked", { exp: ASKED, updated: UPDATED }, { kind: "done", changedOn: MOMENT }],
  ["as another value", { exp: 5, updated: UPDATED }, { kind: "refused", changedOn: MOMENT }],
])("an answer %s tells when the vault has written it", async (_what, answered, result) => {
  const { keys } = setUp({ enabled: true, exp: 1 }, () => bundle({ enabled: true, ...answered }));
  expect(await keys.ExtendKeyExpiry(extend)).toMatchObject(result);
});

test("an answer without a time tells none", async () => {
  const { keys } = setUp({ enabled: true, exp: 1 }, (asked) => bundle({ enabled: true, ...asked }));
  expect(await keys.ExtendKeyExpiry(extend)).not.toHaveProperty("changedOn");
});

describe("what came of an own write", () => {
  const back = { ...ON, attribute: "expiresOn", value: FAR, writtenOn: MOMENT } as const;

  test.each<[string, Parameters<ReturnType<typeof createKeyWrites>["PutBackKeyVersion"]>[0], unknown]>([
    ["its expiry", back, { attributes: { exp: ASKED } }],
    ["its activation", { ...back, attribute: "notBefore" }, { attributes: { nbf: ASKED } }],
    ["its operations", { ...back, attribute: "operations", value: ["sign", "verify"] }, { key_ops: ["sign", "verify"] }],
  ])("is put back: %s alone", async (_what, params, body) => {
    const { keys, sent } = setUp({ enabled: true, exp: -5, updated: UPDATED }, () => bundle({}));
    await keys.PutBackKeyVersion(params);
    expect(sent()[0]).toEqual(body);
  });

  test("is so already", async () => {
    const { keys, sent } = setUp({ enabled: true, exp: ASKED, updated: UPDATED + 9 }, () => bundle({}));
    expect(await keys.PutBackKeyVersion(back)).toMatchObject({ kind: "done" });
    expect(sent()).toEqual([]);
  });

  test.each<[string, Attributes, string]>([
    ["at another moment", { updated: UPDATED + 1 }, "it was changed at 2026-11-21T10:00:01.000Z"],
    ["at no known time", {}, "it was changed at a time not told"],
  ])("stays where somebody has written %s", async (_what, at, detail) => {
    const { keys, sent } = setUp({ enabled: true, exp: -5, ...at }, () => bundle({}));
    expect(await keys.PutBackKeyVersion(back)).toEqual({ kind: "refused", reason: "Conflict", code: "ChangedSince", detail });
    expect(sent()).toEqual([]);
  });
});

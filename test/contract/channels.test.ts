/** Every channel against a receiver over the network: TLS, proxy, tokens. */
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FaultSpec } from "../../sandbox/azure/faults.ts";
import { messageId, signatureOf } from "../../src/azure/tell-webhook.ts";
import type { Channel } from "../../src/domain/telling/letters.ts";
import { type News, outcomeNews, questionNews } from "../../src/domain/telling/news.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { NOW, VAULT_ID } from "../support/builders.ts";
import { turnInput } from "../support/turns.ts";
import { type Sandbox, startSandbox, WEBHOOK_SECRET } from "./sandbox-azure.ts";

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

const incident = decideTurn(turnInput()).incident!;
const healed = outcomeNews({ ...incident, outcome: "Healed", detail: "it serves again" });
const asked = (): News => {
  const steps = incident.plan!.steps.map((step) => ({
    ...step,
    state: "waitsForApproval" as const,
    why: "[click](https://evil.example) *now*",
  }));
  return questionNews({ ...incident, state: "waiting", plan: { hash: "p1", steps } }, NOW)!;
};
const tell = (channel: Channel, ...news: News[]) => sandbox.channels[channel]!(news);

const HOST: Record<Exclude<Channel, "topic">, string> = {
  webhook: "hooks.contoso.example",
  teams: "prod-12.westeurope.logic.azure.com",
  mail: "contoso.communication.azure.com",
};

describe("a webhook", () => {
  test("is signed so that the receiver can tell who sent it, and knows the same message again", async () => {
    expect(await tell("webhook", healed)).toEqual({ ok: true });
    expect(await tell("webhook", healed)).toEqual({ ok: true });
    const [first, second] = sandbox.azure.received;
    expect(JSON.parse(first!.text)).toEqual({
      type: "Keymend.Healed",
      timestamp: NOW,
      data: { about: VAULT_ID, title: healed.title, text: "it serves again", ...healed.data },
    });
    const { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": signature } = first!.headers;
    expect(second!.headers["webhook-id"]).toBe(id);
    expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
    // As the receiver reckons it, by the specification alone.
    const key = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");
    expect(signature).toBe(`v1,${createHmac("sha256", key).update(`${id}.${seconds}.${first!.text}`).digest("base64")}`);
    expect(Math.abs(Number(seconds) * 1000 - sandbox.world.clock.now())).toBeLessThan(1000);
  });

  test("has the signature of the reference implementations (standard-webhooks/standard-webhooks, libraries: `sign`)", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const sign = (secrets: string[]) => signatureOf(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}');
    expect(sign([secret])).toBe(known);
    expect(sign([WEBHOOK_SECRET, secret]).split(" ")[1]).toBe(known);
    expect(messageId("a")).not.toBe(messageId("b"));
  });
});

describe("a card in Teams", () => {
  test("says what is asked with a link to decide, and nothing in it is markup of somebody else's", async () => {
    expect(await tell("teams", asked())).toEqual({ ok: true });
    const [{ body }] = sandbox.azure.received as unknown as [
      { body: { type: string; attachments: { contentType: string; content: Card }[] } },
    ];
    type Card = { type: string; version: string; body: { text?: string }[]; actions: object[] };
    expect(body).toMatchObject({ type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive" }] });
    const [{ content }] = body.attachments as unknown as [{ content: Card }];
    expect(content).toMatchObject({ type: "AdaptiveCard", version: "1.4" });
    expect(content.actions).toEqual([{ type: "Action.OpenUrl", title: "Decide", url: "https://keymend.contoso.example/#i1" }]);
    expect(content.body[1]!.text).toContain(String.raw`\[click\]\(https://evil.example\) \*now\*`);
  });

  test.each([
    ["x", 20],
    ["x", 10],
    ["ф", 10],
    ["鍵", 10],
  ])("of many is one card without a link, within what Teams takes in bytes: %s by %i", async (letter, many) => {
    const long = { ...healed, text: letter.repeat(1000), facts: [["Databases", letter.repeat(1000)]] as News["facts"] };
    expect(await tell("teams", ...Array.from({ length: many }, () => long))).toEqual({ ok: true });
    expect(await tell("teams", healed, asked())).toEqual({ ok: true });
    const texts = sandbox.azure.received.map(({ text }) => text);
    expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThan(28_000);
    expect(texts.join()).not.toContain("Action.OpenUrl");
    expect(texts[1]).toContain("it serves again");
  });
});

describe("an e-mail", () => {
  test("goes to all of them, with a subject of one line and the link", async () => {
    expect(await tell("mail", asked())).toEqual({ ok: true });
    expect(await tell("mail", asked())).toEqual({ ok: true });
    expect(await tell("mail", healed, asked())).toEqual({ ok: true });
    const [first, again, both] = sandbox.azure.received;
    expect(first!.body).toMatchObject({
      senderAddress: "keymend@contoso.example",
      recipients: { to: [{ address: "ada@contoso.example" }, { address: "bob@contoso.example" }] },
      content: {
        subject: "Keymend: Decide: kv-orders",
        plainText: expect.stringContaining("Decide: https://keymend.contoso.example/#i1") as string,
      },
    });
    expect(again!.headers["operation-id"]).toBe(first!.headers["operation-id"]);
    expect(both!.body).toMatchObject({ content: { subject: "Keymend: 2 things" } });
    expect(both!.headers["operation-id"]).not.toBe(first!.headers["operation-id"]);
  });

  test("about no incident has no link", async () => {
    await tell("mail", { ...healed, incidentId: null });
    expect(sandbox.azure.received[0]!.text).not.toContain("https://keymend");
  });
});

describe.each(["webhook", "teams", "mail"] as const)("%s", (channel) => {
  test.each<[string, FaultSpec["fault"], object]>([
    ["is busy", { kind: "status", status: 429, retryAfter: 7 }, { ok: false, why: "POST was answered 429", retryAfterMs: 7000 }],
    ["is not there", { kind: "status", status: 404 }, { ok: false, why: "POST was answered 404", retryAfterMs: null }],
    ["moved", { kind: "status", status: 302 }, { ok: false, why: "POST was answered 302", retryAfterMs: null }],
    ["breaks off", { kind: "reset" }, { ok: false, why: expect.stringMatching(/^no answer: \w+$/) as string, retryAfterMs: null }],
  ])("that %s is said to be so, without its address; the next try works", async (_, fault, sent) => {
    sandbox.azure.faults.arm({ match: { host: HOST[channel], method: "POST" }, fault });
    expect(await tell(channel, healed)).toEqual(sent);
    expect(sandbox.azure.received).toEqual([]);
    expect(await tell(channel, healed)).toEqual({ ok: true });
    expect(sandbox.azure.received).toHaveLength(1);
  });
});

test("of several messages to a webhook the ones behind one that fails wait for their turn", async () => {
  sandbox.azure.faults.arm({ match: { host: HOST.webhook }, after: 1, fault: { kind: "status", status: 500 } });
  expect(await tell("webhook", healed, asked(), healed)).toMatchObject({ ok: false });
  expect(sandbox.azure.received).toHaveLength(1);
});

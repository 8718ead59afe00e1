import { describe, expect, test } from "vitest";
import { createAzure } from "../../../../sandbox/azure/azure.ts";
import { aPerson, aWorld } from "../pipeline.ts";

const MAIL = "https://contoso.communication.azure.com";
const WORKFLOW = "https://prod-1.westeurope.logic.azure.com/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke";
const MESSAGE = {
  senderAddress: "k@c.example",
  recipients: { to: [{ address: "a@c.example" }] },
  content: { subject: "s", plainText: "t" },
};

function anAzure() {
  const world = aWorld();
  const azure = createAzure(world, { deliver: async () => 200 });
  const person = aPerson(world, "ada");
  const send = async (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) => {
    const reply = await azure.handle({ method, url: new URL(url), headers, body: body === undefined ? "" : JSON.stringify(body) });
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return reply;
  };
  const mail = async (method: string, path: string, body?: unknown, headers = {}) => {
    const authorization = `Bearer ${await azure.tokens.issue(person, "https://communication.azure.com")}`;
    return send(method, `${MAIL}${path}`, body, { authorization, ...headers });
  };
  return { azure, send, mail };
}

describe("e-mails (communication/data-plane/Email/stable/2023-03-31)", () => {
  test("are taken with 202, an operation and where to ask for it", async () => {
    const { azure, mail } = anAzure();
    const id = "8540c0de-899f-5cce-acb5-3ec493af3800";
    const taken = await mail("POST", "/emails:send?api-version=2023-03-31", MESSAGE, { "operation-id": id });
    expect(taken).toMatchObject({
      status: 202,
      headers: { "operation-location": `${MAIL}/emails/operations/${id}?api-version=2023-03-31` },
    });
    expect(JSON.parse(taken.body)).toMatchObject({ id, status: "Running" });
    expect(JSON.parse((await mail("GET", `/emails/operations/${id}?api-version=2023-03-31`)).body)).toMatchObject({ status: "Succeeded" });
    expect((await mail("POST", "/emails:send?api-version=2023-03-31", MESSAGE)).status).toBe(202);
    expect(azure.received).toMatchObject([{ by: "mail", body: MESSAGE }, { by: "mail" }]);
  });

  test.each<[string, string, string, unknown, object, number]>([
    ["no sender", "POST", "/emails:send?api-version=2023-03-31", { ...MESSAGE, senderAddress: "x" }, {}, 400],
    ["no subject", "POST", "/emails:send?api-version=2023-03-31", { ...MESSAGE, content: {} }, {}, 400],
    ["no recipients", "POST", "/emails:send?api-version=2023-03-31", { ...MESSAGE, recipients: { to: [] } }, {}, 400],
    [
      "an address that is none",
      "POST",
      "/emails:send?api-version=2023-03-31",
      { ...MESSAGE, recipients: { to: [{ address: "x" }] } },
      {},
      400,
    ],
    ["an id that is no UUID", "POST", "/emails:send?api-version=2023-03-31", MESSAGE, { "operation-id": "1" }, 400],
    ["no such version", "POST", "/emails:send?api-version=1999-01-01", MESSAGE, {}, 400],
    ["no such operation", "GET", "/emails/operations/1?api-version=2023-03-31", undefined, {}, 404],
  ])("with %s are refused", async (_, method, path, body, headers, status) => {
    const { azure, mail } = anAzure();
    expect((await mail(method, path, body, headers)).status).toBe(status);
    expect(azure.received).toEqual([]);
  });

  test("without a token for it are refused", async () => {
    expect((await anAzure().send("POST", `${MAIL}/emails:send?api-version=2023-03-31`, MESSAGE)).status).toBe(401);
  });
});

describe("a workflow's webhook", () => {
  test.each([
    [`${WORKFLOW}?api-version=2016-06-01&sp=x&sv=1.0&sig=y`, "POST", 202],
    [`${WORKFLOW}?api-version=2016-06-01&sp=x&sv=1.0`, "POST", 401],
    [`${WORKFLOW}?api-version=2016-06-01&sp=x&sv=1.0&sig=y`, "GET", 404],
    ["https://prod-1.westeurope.logic.azure.com/workflows/1", "POST", 404],
  ])("%s by %s answers %s", async (url, method, status) => {
    const { azure, send } = anAzure();
    expect((await send(method, url, { type: "message" })).status).toBe(status);
    expect(azure.received).toHaveLength(status === 202 ? 1 : 0);
  });
});

test("somebody's own receiver takes what is posted", async () => {
  const { azure, send } = anAzure();
  expect((await send("POST", "https://hooks.contoso.example/k", { a: 1 })).status).toBe(204);
  expect((await send("GET", "https://hooks.contoso.example/k")).status).toBe(405);
  expect(azure.received).toMatchObject([{ by: "webhook", host: "hooks.contoso.example", body: { a: 1 } }]);
});

import { describe, expect, test } from "vitest";
import { createAzure } from "../../../../sandbox/azure/azure.ts";
import { buildEstate } from "../../../../sandbox/estate/estate.ts";
import { aBareWorld } from "../pipeline.ts";

function anAccount() {
  const world = aBareWorld();
  const azure = createAzure(world, { deliver: async () => 200 });
  buildEstate(world);
  const account = [...world.accounts.values()][0]!;
  const ask = async (host: string, headers: Record<string, string> = {}) => {
    const reply = await azure.handle({ method: "GET", url: new URL(`https://${host}.documents.azure.com/`), headers, body: "" });
    if ("fault" in reply) throw new Error(reply.fault);
    return reply;
  };
  return { world, account, ask, azure };
}

describe("an account's data plane (Cosmos DB, troubleshoot-cmk 2.1)", () => {
  test("blocks everyone while the key is out of reach, with the code as sub-status", async () => {
    const { account, ask } = anAccount();
    account.check.revoked = true;
    account.check.code = 4002;

    const { status, headers, body } = await ask(account.name, { authorization: "anything" });

    expect(status).toBe(403);
    expect(headers["x-ms-substatus"]).toBe("4002");
    expect(JSON.parse(body)).toEqual({ Errors: ["Request is blocked due to Customer Managed Key not being accessible."] });
  });

  test("lets in again once the key is back, at the regional name too", async () => {
    const { account, ask } = anAccount();

    await expect(ask(account.name)).resolves.toMatchObject({ status: 401 });
    await expect(ask(`${account.name}-westus2`, { authorization: "anything" })).resolves.toMatchObject({ status: 401 });
  });

  test("has a name only while the account exists", () => {
    const { account, azure } = anAccount();

    expect(azure.resolve(`${account.name}.documents.azure.com`)).toBe("found");
    expect(azure.resolve("nobody.documents.azure.com")).toBe("unknown");
  });

  test("has a name for each of its regions (Azure/azure-rest-api-specs, cosmos-db, Location.documentEndpoint), and none of an account whose name goes on", async () => {
    const { world, azure, ask } = anAccount();
    const named = (name: string) => [...world.accounts.values()].find((one) => one.name === name)!;
    named("orders-history").check.revoked = true;

    await expect(ask("orders-history-westus2")).resolves.toMatchObject({ status: 403 });
    await expect(ask("orders-westus2")).resolves.toMatchObject({ status: 401 });
    world.accounts.delete(named("orders-history").id.toLowerCase());
    expect(azure.resolve("orders-history-westus2.documents.azure.com")).toBe("unknown");
  });
});

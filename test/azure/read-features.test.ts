import { expect, test } from "vitest";
import { createReadFeatures } from "../../src/azure/read-features.ts";
import { ACCOUNT_ID, byPath, fakeAzure } from "../support/fake-azure.ts";
import { someFeatures } from "../support/builders.ts";

const read = (answer: { status?: number; body: unknown }) =>
  createReadFeatures(fakeAzure(byPath({ [`GET ${ACCOUNT_ID}`]: answer })).clients)(ACCOUNT_ID);

test("reads what an account has switched on, and where its data plane answers", async () => {
  const properties = {
    capabilities: [{ name: "EnableCassandra" }, {}],
    backupPolicy: { type: "Continuous" },
    enableAnalyticalStorage: true,
    enableMaterializedViews: true,
    enableAllVersionsAndDeletesChangeFeed: true,
    sqlEndpoint: "https://acc1.documents.azure.com:443/",
    documentEndpoint: "https://other.documents.azure.com:443/",
  };
  expect(await read({ body: { properties } })).toEqual({
    capabilities: ["EnableCassandra"],
    backup: "Continuous",
    analyticalStorage: true,
    materializedViews: true,
    allVersionsChangeFeed: true,
    endpoint: "https://acc1.documents.azure.com:443/",
  });
});

test("what is left out was never switched on; an account of MongoDB tells its other endpoint", async () => {
  const documentEndpoint = "https://acc1.documents.azure.com:443/";
  expect(await read({ body: { properties: { documentEndpoint } } })).toEqual(someFeatures({ backup: null, endpoint: documentEndpoint }));
  expect(await read({ body: { properties: {} } })).toMatchObject({ endpoint: null });
});

test("a refusal is a fact", async () => {
  expect(await read({ status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } })).toMatchObject({
    state: "unreadable",
    why: "denied",
  });
});

import { expect, test } from "vitest";
import { createAzure } from "../../../sandbox/azure/azure.ts";
import { aBareWorld, START, TENANT } from "./pipeline.ts";

/** RFC 9110, section 6.6.1. */
test.each([
  ["Azure Resource Manager", "https://management.azure.com/subscriptions?api-version=2022-12-01"],
  ["the login", `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`],
  ["Microsoft Graph", "https://graph.microsoft.com/v1.0/servicePrincipals"],
])("%s says in every answer what time it is in the sandbox", async (_, url) => {
  const azure = createAzure(aBareWorld(), { deliver: async () => 200 });
  const reply = await azure.handle({ method: "GET", url: new URL(url), headers: {}, body: "" });
  expect(reply).toMatchObject({ headers: { date: new Date(START).toUTCString() } });
});

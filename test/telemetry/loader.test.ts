import { expect, test } from "vitest";
import { createLoader } from "../../src/telemetry/loader.ts";

const rest = { credentialOf: () => ({ getToken: async () => null }), version: "1.0.0", appId: null };

test("where nobody listens there is nothing to load", () => {
  expect(createLoader({ insights: null, otlp: false, ...rest })).toBeNull();
});

test("the identity that may write there is asked for by its client id, and by nothing else", async () => {
  const asked: string[] = [];
  const credentialOf = (clientId: string) => {
    asked.push(clientId);
    return rest.credentialOf();
  };
  const insights = { connectionString: "a=b", clientId: "c1" };
  const load = createLoader({ insights, otlp: false, ...rest, credentialOf, appId: "/app" });
  createLoader({ insights: { ...insights, clientId: null }, otlp: true, ...rest, credentialOf });
  expect(asked).toEqual(["c1"]);
  // The bundle lies beside the app's own only once it is built.
  await expect(load!()).rejects.toThrow("telemetry.mjs");
});

import { expect, test } from "vitest";
import { switchDrafts } from "../../../src/domain/mending/switch-identity.ts";
import { aCluster, IDENTITY_ID } from "../../support/builders.ts";

test("there is nothing to switch on a cluster without a key", () => {
  expect(switchDrafts(aCluster({ keyUri: null }), IDENTITY_ID)).toEqual([]);
});

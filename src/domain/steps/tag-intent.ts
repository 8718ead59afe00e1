/** Writes on a key that access by it was taken away on purpose, before it is: so it is told in Azure too, to whoever looks there. */
import { az } from "./az.ts";
import { besideOnVersion } from "./beside.ts";
import { REVOKED_TAG, tagIn, tagWords } from "./intent-tag.ts";
import { dataActions, findKey, isStale, onVersion, stale, type StepSpec, touchesIntent, versionUrl } from "./spec.ts";

export const tagIntent: StepSpec<"TagIntent"> = {
  capability: "keys",
  permission: () => dataActions("Microsoft.KeyVault/vaults/keys/update/action"),
  undo: ({ key }) => `take the tag ${REVOKED_TAG} off key ${key} again`,
  // It replaces all tags of the version (Microsoft Learn, "az keyvault key set-attributes", --tags).
  az: (params) => [
    az(
      "keyvault",
      "key",
      "set-attributes",
      "--id",
      versionUrl(params),
      "--tags",
      ...tagWords({ ...params.others, [REVOKED_TAG]: params.value }),
    ),
  ],
  on: versionUrl,
  touches: touchesIntent,
  about: null,
  tells: null,
  key: onVersion,
  sets: ({ value }) => [value],
  precondition: (params, facts) => {
    const key = findKey(facts, params);
    if (isStale(key)) return key;
    if (key.state !== "live") return stale(`key ${params.key} is ${key.state}`);
    return tagIn(key.tags, REVOKED_TAG) === undefined ? "todo" : "done";
  },
  shows: null,
  beside: (params, facts) => besideOnVersion(facts, params),
  merge: null,
  forbids: null,
  grants: null,
  switchesIdentity: false,
  counts: null,
};

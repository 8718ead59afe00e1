/** Writes on a key that access by it was taken away on purpose, before it is: so it is told in Azure too, to whoever looks there. */
import { az } from "./az.ts";
import { REVOKED_TAG, tagIn } from "../tags.ts";
import { tagWords, writesIntentTag } from "./intent-tag.ts";
import { findKey, isStale, stale, type StepSpec, versionUrl } from "./spec.ts";

export const tagIntent: StepSpec<"TagIntent"> = {
  ...writesIntentTag,
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
  precondition: (params, facts) => {
    const key = findKey(facts, params);
    if (isStale(key)) return key;
    if (key.state !== "live") return stale(`key ${params.key} is ${key.state}`);
    return tagIn(key.tags, REVOKED_TAG) === undefined ? "todo" : "done";
  },
};

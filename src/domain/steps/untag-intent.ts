/** Takes the tag of a revocation off a key, once that is taken back: off every version that bears it with that value. */
import { az } from "./az.ts";
import { REVOKED_TAG, tagIn } from "../tags.ts";
import { tagWords, writesIntentTag } from "./intent-tag.ts";
import { findKey, isStale, stale, type StepSpec, versionUrl } from "./spec.ts";

export const untagIntent: StepSpec<"UntagIntent"> = {
  ...writesIntentTag,
  undo: ({ key, value }) => `tag key ${key} ${REVOKED_TAG}=${value} again`,
  // An empty word clears them all (Microsoft Learn, "az keyvault key set-attributes", --tags).
  az: (params) => {
    const left = tagWords(params.others);
    return [az("keyvault", "key", "set-attributes", "--id", versionUrl(params), "--tags", ...(left.length > 0 ? left : [""]))];
  },
  precondition: (params, facts) => {
    const key = findKey(facts, params);
    if (isStale(key)) return key;
    if (key.state !== "live") return stale(`key ${params.key} is ${key.state}`);
    const value = tagIn(key.tags, REVOKED_TAG);
    if (value === undefined) return "done";
    return value === params.value ? "todo" : stale(`key ${params.key} bears ${REVOKED_TAG} with another value: '${value}'`);
  },
};

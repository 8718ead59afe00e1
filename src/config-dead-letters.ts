/** The settings that say where events go, and where those that can not be delivered. */
import * as v from "valibot";
import { nameOf, parseArmId, storageIn, wholeId } from "./domain/arm-id.ts";
import type { DeadLetters } from "./domain/settings.ts";

/** IDENTITY=CONTAINER: no ARM id has a = in it. */
export const deadLetters = v.pipe(
  v.string(),
  v.transform((text) => text.split("=").map((id) => wholeId(id.trim()))),
  v.check(
    ([identity = "", container = "", ...more]) =>
      more.length === 0 &&
      parseArmId(identity)?.type?.toLowerCase() === "microsoft.managedidentity/userassignedidentities" &&
      storageIn(container) !== undefined &&
      parseArmId(container)?.type?.toLowerCase() === "microsoft.storage/storageaccounts/blobservices/containers",
    "must be IDENTITY=CONTAINER, by the resource ids of a user-assigned identity and of a blob container",
  ),
  v.transform(([identityId = "", container = ""]): DeadLetters => {
    return { identityId, storageId: storageIn(container)!, container: nameOf(container) };
  }),
);

export const functionApp = v.pipe(
  v.string(),
  v.transform(wholeId),
  v.check((id) => parseArmId(id)?.type?.toLowerCase() === "microsoft.web/sites", "must be the resource id of a function app"),
);

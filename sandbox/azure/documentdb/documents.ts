/**
 * `*.documents.azure.com`: how an account's data plane answers. It holds no data here; what matters is whether it lets anyone in.
 * Sources: azure-docs cosmos-db/troubleshoot-cmk.md 2.1 (text while the key is out of reach), SubStatusCodes of the .NET SDK (4000-4018).
 */
import { jsonReply, type AzureReply, type AzureRequest } from "../wire.ts";
import type { World } from "../world.ts";

export function answerDocuments(world: World, request: AzureRequest): AzureReply {
  const label = request.url.hostname.toLowerCase().split(".")[0] ?? "";
  const accounts = [...world.accounts.values()];
  const account =
    accounts.find(({ name }) => label === name.toLowerCase()) ?? accounts.find(({ name }) => label.startsWith(`${name.toLowerCase()}-`));
  const headers = {
    "x-ms-activity-id": world.random.guid("documents.activity"),
    "x-ms-gatewayversion": "version=2.14.0",
    date: new Date(world.clock.now()).toUTCString(),
  };
  if (account?.check.revoked) {
    const substatus = account.check.code === null ? {} : { "x-ms-substatus": String(account.check.code) };
    return jsonReply(
      403,
      { Errors: ["Request is blocked due to Customer Managed Key not being accessible."] },
      { ...headers, ...substatus },
    );
  }
  if (request.headers["authorization"] === undefined) {
    const message = "Required Header authorization is missing. Ensure a valid Authorization token is passed.";
    return jsonReply(401, { code: "Unauthorized", message }, headers);
  }
  return jsonReply(404, { code: "NotFound", message: "The accounts of the sandbox hold no data." }, headers);
}

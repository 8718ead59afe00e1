/**
 * `*.documents.azure.com`: an account's data plane as far as clients read ids: the account, databases, containers, partition key ranges, queries
 * page by page. Sources: Azure Cosmos DB REST API ("Get database account", "List databases", "List collections", "Get a collection", "Get partition
 * key ranges", "Query documents", "Common response headers", "Access control on Cosmos DB resources"); roles: "Azure Cosmos DB for NoSQL data
 * plane security reference"; while the key is out of reach: azure-docs cosmos-db/troubleshoot-cmk.md 2.1, SubStatusCodes of the .NET SDK (4000-4018).
 */
import type { Tokens } from "../entra/tokens.ts";
import type { Faults } from "../faults.ts";
import { countRead } from "../reads.ts";
import { jsonReply, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Account, World } from "../world.ts";
import { answerData, placeOf } from "./data-answer.ts";
import { DataRefusal, type Headers } from "./data-refusal.ts";
import { accountOfHost } from "./endpoints.ts";

export type DocumentsHost = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

const MISSING = "Required Header authorization is missing. Ensure a valid Authorization token is passed.";
const UNFIT = "The input authorization token can't serve the request.";

export function createDocumentsHost(world: World, tokens: Tokens, faults: Faults): DocumentsHost {
  return {
    async handle(request) {
      const account = accountOfHost(world, request.url.hostname);
      const common = {
        "x-ms-activity-id": world.random.guid("documents.activity"),
        "x-ms-gatewayversion": "version=2.14.0",
        date: new Date(world.clock.now()).toUTCString(),
      };
      // A name of nobody's: where a proxy stands between, it has refused already.
      if (!account) return { fault: "reset" };
      if (account.check.revoked) return revoked(account, common);
      const bearer = tokenIn(request);
      const verified = bearer === undefined ? undefined : await tokens.verify(bearer, audiencesOf(account));
      if (!verified || "problem" in verified) return refused(new DataRefusal(401, "Unauthorized", verified ? UNFIT : MISSING), common);
      const { caller } = verified;
      countRead(world, caller, { method: request.method, pattern: placeOf(request).pattern }, "documents");
      return faults.around(request, caller, async (fault) => {
        try {
          if (fault) throw new DataRefusal(fault.status, fault.code, fault.message, { headers: retryHeader(fault.extra.headers) });
          const { body, headers, charge = 1 } = answerData({ world, account, caller, request });
          return jsonReply(200, body, { ...common, "x-ms-request-charge": String(charge), ...headers });
        } catch (error) {
          if (error instanceof DataRefusal) return refused(error, common);
          throw error;
        }
      });
    },
  };
}

/** Faults name seconds; the data plane's own header names milliseconds. */
function retryHeader(headers: Headers = {}): Headers {
  const seconds = headers["retry-after"];
  return seconds === undefined ? {} : { "x-ms-retry-after-ms": String(Number(seconds) * 1000) };
}

function refused({ status, code, message, substatus, headers }: DataRefusal, common: Headers): AzureReply {
  const said = `${message}\r\nActivityId: ${common["x-ms-activity-id"]}, Microsoft.Azure.Documents.Common/2.14.0`;
  const sub = substatus === undefined ? {} : { "x-ms-substatus": String(substatus) };
  return jsonReply(status, { code, message: said }, { ...common, ...sub, ...headers });
}

function revoked({ check }: Account, headers: Headers): AzureReply {
  const substatus = check.code === null ? {} : { "x-ms-substatus": String(check.code) };
  return jsonReply(403, { Errors: ["Request is blocked due to Customer Managed Key not being accessible."] }, { ...headers, ...substatus });
}

/** `type=aad&ver=1.0&sig=<token>`, percent-encoded or not ("Access control on Cosmos DB resources", Entra ID tokens). */
function tokenIn({ headers }: AzureRequest): string | undefined {
  const sent = headers["authorization"];
  if (sent === undefined) return undefined;
  return /^type=aad&ver=1\.0&sig=(\S+)$/.exec(decodeURIComponent(sent))?.[1] ?? "";
}

/** The account's own name, or that of the service for any account (Azure/azure-sdk-for-js, cosmos CHANGELOG, aadScope). */
const audiencesOf = ({ name }: Account): string[] =>
  [`https://${name.toLowerCase()}.documents.azure.com`, "https://cosmos.azure.com"].flatMap((one) => [one, `${one}/`]);

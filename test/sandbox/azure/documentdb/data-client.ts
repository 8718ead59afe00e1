/** The account's data plane as the SDK sees it, without a network: its own client, whose requests go to the sandbox at once. */
import { CosmosClient } from "@azure/cosmos";
import { createHttpHeaders, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import { createAzure } from "../../../../sandbox/azure/azure.ts";
import { dataOf } from "../../../../sandbox/azure/documentdb/data.ts";
import type { Principal } from "../../../../sandbox/azure/world.ts";
import { aSetting, type Setting } from "./support.ts";

const READER = "00000000-0000-0000-0000-000000000001";

const bodyOf = ({ body }: PipelineRequest): string =>
  typeof body === "string" ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : "";

export function aDataPlane() {
  const setting: Setting = aSetting();
  const azure = createAzure(setting.world, { deliver: async () => 200 });
  const sent: { method: string; path: string; headers: Record<string, string> }[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const url = new URL(request.url);
      const headers = request.headers.toJSON();
      sent.push({ method: request.method, path: url.pathname, headers });
      const reply = await azure.handle({ method: request.method, url, headers, body: bodyOf(request) });
      if ("fault" in reply) throw Object.assign(new Error("socket hang up"), { name: "RestError", code: "ECONNRESET" });
      return { request, status: reply.status, headers: createHttpHeaders(reply.headers), bodyAsText: reply.body };
    },
  };
  const credentialOf = (who: Principal) => ({
    getToken: async (scopes: string | string[]) => ({
      token: await azure.tokens.issue(who, String([scopes].flat()[0]).replace(/\/\.default$/, "")),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  });
  const { owner, account } = setting;
  const endpoint = `https://${account.name}.documents.azure.com:443/`;
  /** One request by hand. */
  const readAt = async (path: string): Promise<{ status: number }> => {
    const { token } = await credentialOf(owner).getToken(`https://${account.name}.documents.azure.com/.default`);
    const headers = { authorization: encodeURIComponent(`type=aad&ver=1.0&sig=${token}`) };
    const reply = await azure.handle({ method: "GET", url: new URL(path, endpoint), headers, body: "" });
    if ("fault" in reply) throw new Error(reply.fault);
    return reply;
  };
  return {
    ...setting,
    azure,
    sent,
    httpClient,
    readAt,
    endpoint,
    credential: credentialOf(owner),
    /** As an application makes it: nothing is set but who it is. */
    client: () => new CosmosClient({ endpoint, aadCredentials: credentialOf(owner), httpClient }),
    letRead: (scope = "/") => void dataOf(account).roles.set(scope, { name: scope, roleDefinition: READER, principalId: owner.oid, scope }),
  };
}

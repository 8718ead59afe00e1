/** A container for anchors in a sandbox's Azure, and Keymend's client of it on the wire, without a network. */
import { createHttpHeaders, type HttpClient, RestError } from "@azure/core-rest-pipeline";
import { createTokens } from "../../sandbox/azure/entra/tokens.ts";
import { createFaults, type Faults } from "../../sandbox/azure/faults.ts";
import { createBlobHost } from "../../sandbox/azure/storage/blob-host.ts";
import { addContainer } from "../../sandbox/azure/storage/build.ts";
import type { AzureReply } from "../../sandbox/azure/wire.ts";
import type { Container, Principal, World } from "../../sandbox/azure/world.ts";
import { type Anchors, createAnchors } from "../../src/storage/anchors.ts";
import { aPerson, aWorld, GROUP } from "../sandbox/azure/pipeline.ts";

export const DAY_MS = 86_400_000;
const ACCOUNT = "stkeymendrecords";
const URL_OF_CONTAINER = `https://${ACCOUNT}.blob.core.windows.net/anchors`;

export type AnchorPlace = {
  world: World;
  faults: Faults;
  container: Container;
  anchors: Anchors;
  /** As somebody who holds the same rights would. path: behind the container. */
  send: (method: string, path: string, headers?: Record<string, string>) => Promise<AzureReply>;
};

/** pageOf: how many anchors an answer has at most. */
export function anchorPlace({
  role,
  takesPolicies = true,
  pageOf,
}: {
  role?: string;
  takesPolicies?: boolean;
  pageOf?: number;
}): AnchorPlace {
  const world = aWorld();
  const container = addContainer(world, { resourceGroup: "rg1", account: ACCOUNT, name: "anchors", takesPolicies });
  const who: Principal = aPerson(world, "keymend", { keymend: true, scope: GROUP, ...(role === undefined ? {} : { role }) });
  const tokens = createTokens(world);
  const faults = createFaults();
  const host = createBlobHost(world, tokens, faults);
  const token = (): Promise<string> => tokens.issue(who, "https://storage.azure.com");
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const headers = Object.fromEntries([...request.headers].map(([name, value]) => [name.toLowerCase(), value]));
      const body = typeof request.body === "string" ? request.body : "";
      const url = new URL(request.url);
      if (pageOf !== undefined && request.method === "GET") url.searchParams.set("maxresults", String(pageOf));
      const reply = await host.handle({ method: request.method, url, headers, body });
      if ("fault" in reply) throw new RestError("the connection broke", { code: "ECONNRESET", request });
      return { request, status: reply.status, headers: createHttpHeaders(reply.headers), bodyAsText: reply.body };
    },
  };
  return {
    world,
    faults,
    container,
    anchors: createAnchors({
      container: URL_OF_CONTAINER,
      credential: { getToken: async () => ({ token: await token(), expiresOnTimestamp: Date.now() + 3_600_000 }) },
      retentionMs: 365 * DAY_MS,
      now: () => new Date(world.clock.now()),
      httpClient,
    }),
    async send(method, path, headers = {}) {
      const url = new URL(`${URL_OF_CONTAINER}${path}`);
      const reply = await host.handle({ method, url, headers: { authorization: `Bearer ${await token()}`, ...headers }, body: "" });
      if ("fault" in reply) throw new Error("a fault was armed");
      return reply;
    },
  };
}

/**
 * The heads of audit chains, kept where nobody can take them back: an empty blob for each, whose name says all and which is locked until a
 * date. Whoever empties a chain, or writes it anew from its beginning, has these against him.
 */
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  RestError,
} from "@azure/core-rest-pipeline";
import type { HttpClient, HttpMethods, PipelineResponse } from "@azure/core-rest-pipeline";
import { parseXML } from "@azure/core-xml";
import type { TokenCredential } from "@azure/identity";
import * as v from "valibot";
import { callAzure, toTransientError } from "../azure/call-azure.ts";
import { classifyError } from "../azure/classify-error.ts";
import type { Anchor, Seal } from "./audit-chain.ts";

export type Anchors = {
  /** Whoever comes twice finds it there. */
  keep: (incidentId: string, seal: Seal) => Promise<void>;
  /** Every version of every anchor, as one that was written over or deleted is kept as an older version. */
  list: (incidentId: string) => Promise<Anchor[]>;
};

/** Immutability policies of a blob came with 2020-06-12 (Microsoft Learn, REST, "Put Blob" and "List Blobs"). */
const VERSION = "2021-12-02";
const TIMEOUT_MS = 20_000;

/** It is there already; or its name is, locked, which says the same: "Blob service error codes", "Specify conditional headers". */
const THERE = new Set(["BlobAlreadyExists", "ConditionNotMet", "BlobImmutableDueToPolicy"]);

const folderOf = (incidentId: string): string => `${incidentId}/`;
const nameOf = (incidentId: string, { rows, head }: Seal): string => `${folderOf(incidentId)}${String(rows).padStart(8, "0")}-${head}`;
const NAME = /\/(\d{8,})-([0-9a-f]{64})$/;

const one = v.object({
  Name: v.string(),
  Properties: v.object({ ImmutabilityPolicyMode: v.optional(v.string()), ImmutabilityPolicyUntilDate: v.optional(v.string()) }),
});
/** Of none there is no element, and of one no list. */
const page = v.object({
  Blobs: v.optional(v.union([v.literal(""), v.object({ Blob: v.optional(v.union([one, v.array(one)])) })])),
  NextMarker: v.optional(v.string()),
});

type Options = {
  /** URL of the container. */
  container: string;
  credential: TokenCredential;
  retentionMs: number;
  now: () => Date;
  httpClient?: HttpClient;
};

export function createAnchors({ container, credential, retentionMs, now, httpClient = createDefaultHttpClient() }: Options): Anchors {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 2, retryDelayInMs: 200 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: "https://storage.azure.com/.default" }));

  async function send(method: HttpMethods, url: string, headers: Record<string, string>): Promise<PipelineResponse> {
    const request = createPipelineRequest({
      method,
      url,
      timeout: TIMEOUT_MS,
      headers: createHttpHeaders({ "x-ms-version": VERSION, ...headers }),
      ...(method === "PUT" ? { body: "" } : {}),
    });
    const response = await pipeline.sendRequest(httpClient, request);
    if (response.status < 400) return response;
    // Its answers are XML; the code is in a header too (Microsoft Learn, REST, "Status and error codes").
    const code = response.headers.get("x-ms-error-code");
    const said = { statusCode: response.status, request, response, ...(code === undefined ? {} : { code }) };
    throw new RestError(`${method} ${url.split("?")[0]} answered ${response.status} ${code ?? ""}`, said);
  }

  async function use<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const result = await callAzure(operation, container, work);
    if (!result.ok) throw toTransientError(operation, container, result.failure);
    return result.value;
  }

  async function put(name: string): Promise<void> {
    try {
      await send("PUT", `${container}/${name.split("/").map(encodeURIComponent).join("/")}`, {
        "x-ms-blob-type": "BlockBlob",
        "if-none-match": "*",
        "x-ms-immutability-policy-until-date": new Date(now().getTime() + retentionMs).toUTCString(),
        "x-ms-immutability-policy-mode": "Locked",
      });
    } catch (error) {
      if (!THERE.has(classifyError(error).code)) throw error;
    }
  }

  async function read(prefix: string): Promise<Anchor[]> {
    const anchors: Anchor[] = [];
    for (let marker: string | undefined = ""; marker !== undefined;) {
      const query = new URLSearchParams({
        restype: "container",
        comp: "list",
        prefix,
        include: "versions,immutabilitypolicy",
        ...(marker === "" ? {} : { marker }),
      });
      const { bodyAsText } = await send("GET", `${container}?${query.toString()}`, {});
      const { Blobs, NextMarker } = v.parse(page, await parseXML(bodyAsText ?? ""));
      const blobs = typeof Blobs === "object" ? [Blobs.Blob ?? []].flat() : [];
      for (const { Name, Properties } of blobs) {
        const [, rows, head] = NAME.exec(Name) ?? [];
        if (rows !== undefined && head !== undefined)
          anchors.push({ rows: Number(rows), head, isLocked: Properties.ImmutabilityPolicyMode?.toLowerCase() === "locked" });
      }
      marker = NextMarker || undefined;
    }
    return anchors;
  }

  return {
    keep: (incidentId, seal) => use("anchor the audit", () => put(nameOf(incidentId, seal))),
    list: (incidentId) => use("read the audit's anchors", () => read(folderOf(incidentId))),
  };
}

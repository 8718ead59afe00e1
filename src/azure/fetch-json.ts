/** Reads JSON that is open to everyone, such as a tenant's signing keys. */
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest, type HttpClient } from "@azure/core-rest-pipeline";

const TIMEOUT_MS = 10_000;

/** Through the SDKs' own pipeline, which goes by the proxy settings as everything else here does. */
export function createFetchJson(client: HttpClient = createDefaultHttpClient()): (url: string) => Promise<unknown> {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 2 } });
  return async (url) => {
    const response = await pipeline.sendRequest(client, createPipelineRequest({ url, timeout: TIMEOUT_MS }));
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
    return JSON.parse(response.bodyAsText ?? "");
  };
}

/**
 * Azure Resource Manager as it is on the wire, for what no pinned SDK does (Event Grid) or does only with a poller that
 * stays open (changes of accounts, clusters and vaults). Sends once; retries nothing, follows nothing.
 */
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  RestError,
} from "@azure/core-rest-pipeline";
import type { HttpClient, HttpMethods, PipelineResponse, ProxySettings } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { currentCloud, isResourceManager } from "../domain/clouds.ts";
import { parseArmId, wholeId } from "../domain/arm-id.ts";
import { InvariantError } from "../domain/errors.ts";
import { parseKeyUri } from "../domain/key-uri.ts";

/** Where a resource answers. apiVersion: as a query. What a name has beyond ASCII the client encodes; what would change the path is in no id. */
export function armUrl(id: string, apiVersion: string): string {
  if (!parseArmId(id)) throw new InvariantError(`${id} is no id of a resource or scope`);
  return `${currentCloud().resourceManager}${wholeId(id)}?${apiVersion}`;
}

/** Where the network is not what the environment says. */
export type NetworkOptions = { proxyOptions?: ProxySettings; httpClient?: HttpClient };

export type ArmAnswer = {
  status: number;
  /** Undefined where the answer has no body. */
  body: unknown;
  /** Header by its lower-case name. */
  header: (name: string) => string | undefined;
};

export type Arm = {
  /** `url`: a path with its api-version, or a whole URL. A refusal is thrown as a `RestError`. */
  send: (method: HttpMethods, url: string, body?: unknown) => Promise<ArmAnswer>;
  /** Every item of a list: a page may be empty and still have a next one. Recorded: cloud-custodian KeyVaultTest.test_update_access_policy.json */
  list: (url: string) => Promise<unknown[]>;
};

type SendOptions = { credential: TokenCredential; timeoutMs: number; pipelineOptions?: NetworkOptions };
type Host = { scope: string; name: string; isUrl: (url: string) => boolean };

const armHost = (): Host => ({ scope: `${currentCloud().resourceManager}/.default`, name: "Azure Resource Manager", isUrl: isArmUrl });
const vaultHost = (): Host => ({
  scope: `https://${currentCloud().vaultSuffix}/.default`,
  name: "Key Vault",
  isUrl: (url) => parseKeyUri(url).kind === "vault",
});

/** Sends bodies as they are to hosts of one kind, which alone get its token. */
function createSend(options: SendOptions, host: Host): Arm["send"] {
  const pipeline = createPipelineFromOptions({ ...options.pipelineOptions, retryOptions: { maxRetries: 0 } });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: options.credential, scopes: host.scope }));
  const http = options.pipelineOptions?.httpClient ?? createDefaultHttpClient();

  return async (method, url, body) => {
    const whole = url.startsWith("/") ? `${currentCloud().resourceManager}${url}` : url;
    if (!host.isUrl(whole)) throw new InvariantError(`${new URL(whole).host} is no host of ${host.name}: it gets no token`);
    const request = createPipelineRequest({
      method,
      url: whole,
      timeout: options.timeoutMs,
      headers: createHttpHeaders({ accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await pipeline.sendRequest(http, request);
    if (response.status >= 400) {
      throw new RestError(`${method} ${request.url.split("?")[0]} answered ${response.status}`, {
        statusCode: response.status,
        request,
        response,
      });
    }
    return { status: response.status, body: parseBody(response), header: (name) => response.headers.get(name) };
  };
}

/** The data plane of key vaults, for what no SDK may write: they put dates on the wire as 32-bit numbers (@azure/keyvault-keys models.ts, `| 0`). */
export const createVaultSend = (options: SendOptions): Arm["send"] => createSend(options, vaultHost());

export function createArm(options: SendOptions): Arm {
  const send = createSend(options, armHost());

  const list: Arm["list"] = async (url) => {
    const items: unknown[] = [];
    for (let next: string | undefined = url; next !== undefined;) {
      const { body }: ArmAnswer = await send("GET", next);
      const page: { value?: unknown; nextLink?: unknown } = typeof body === "object" && body !== null ? body : {};
      if (!Array.isArray(page.value)) throw new RestError(`the list ${url.split("?")[0]} has no value`);
      items.push(...page.value);
      next = typeof page.nextLink === "string" && page.nextLink !== "" ? page.nextLink : undefined;
    }
    return items;
  };
  return { send, list };
}

/**
 * Operations may be answered by a regional front end or with an explicit port.
 * Recorded: Azure/azure-powershell CosmosDB.Test, 2023-04 (`eastus2euap.` before the host); Azure/azure-cli test_create_system_topic.yaml (`:443`)
 */
export function isArmUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" && isResourceManager(hostname);
}

function parseBody(response: PipelineResponse): unknown {
  const text = response.bodyAsText?.trim() ?? "";
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const error = new RestError("the answer is not JSON", { code: RestError.PARSE_ERROR, statusCode: response.status, response });
    error.cause = cause;
    throw error;
  }
}

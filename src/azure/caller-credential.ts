/** Who looks from a laptop or a pipeline: what the environment names, else who is signed in to the Azure CLI, else a managed identity. */
import type { HttpClient } from "@azure/core-rest-pipeline";
import {
  type AccessToken,
  AzureCliCredential,
  ChainedTokenCredential,
  EnvironmentCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import { currentCloud } from "../domain/clouds.ts";
import { MINUTE } from "../domain/time.ts";

/** A token is asked for again once so little of it is left. */
const LEFT_MS = 5 * MINUTE;

/**
 * Each client keeps its tokens to itself, and asking the Azure CLI starts a program: so one token serves all of them. A failure is not kept.
 */
export function shareToken(credential: TokenCredential, now: () => number): TokenCredential {
  const tokens = new Map<string, Promise<AccessToken | null>>();
  const isGood = async (known: Promise<AccessToken | null>): Promise<boolean> => {
    const token = await known.catch(() => null);
    return token !== null && token.expiresOnTimestamp - now() > LEFT_MS;
  };
  return {
    async getToken(scopes, options) {
      const key = [scopes].flat().join(" ");
      const known = tokens.get(key);
      if (known !== undefined && (await isGood(known))) return known;
      // Another may have asked meanwhile.
      const again = tokens.get(key);
      if (again !== undefined && again !== known) return again;
      const asked = credential.getToken(scopes, options);
      tokens.set(key, asked);
      return asked;
    },
  };
}

export const createCallerCredential = (httpClient: HttpClient): TokenCredential =>
  new ChainedTokenCredential(
    new EnvironmentCredential({ httpClient, authorityHost: currentCloud().login }),
    new AzureCliCredential(),
    // The last way there is: where no such endpoint answers, it does not on a second try either.
    new ManagedIdentityCredential({ httpClient, retryOptions: { maxRetries: 1 } }),
  );

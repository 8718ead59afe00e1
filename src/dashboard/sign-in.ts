/** Who is looking: signs people in with the authorization code flow and a proof key, and holds their token for the API. */
import { CacheLookupPolicy, PublicClientApplication, type AccountInfo } from "@azure/msal-browser";

import { CLOUDS } from "../domain/clouds.ts";
import type { Session } from "./model/session.ts";

/** As the app serves it (functions/dashboard.ts). */
export type SignInConfig = { clientId: string | null; tenantId: string; loginHost: string };

/** session: null where nobody is signed in yet. */
export type SignIn = { session: Session | null; begin: () => Promise<void> };

/** The library takes https authorities alone; where a sandbox plays the login host, only its endpoints are elsewhere. */
const AUTHORITY = CLOUDS.AzureCloud.login;

function authorityOf({ tenantId, loginHost }: SignInConfig) {
  const base = loginHost.startsWith("https://") ? loginHost : AUTHORITY;
  const endpoints = `${loginHost}/${tenantId}`;
  return {
    authority: `${base}/${tenantId}`,
    knownAuthorities: [new URL(base).host],
    // Said outright, so that signing in asks for nothing beforehand.
    authorityMetadata: JSON.stringify({
      authorization_endpoint: `${endpoints}/oauth2/v2.0/authorize`,
      token_endpoint: `${endpoints}/oauth2/v2.0/token`,
      end_session_endpoint: `${endpoints}/oauth2/v2.0/logout`,
      issuer: `${base}/${tenantId}/v2.0`,
      jwks_uri: `${endpoints}/discovery/v2.0/keys`,
    }),
  };
}

const rolesIn = ({ idTokenClaims }: AccountInfo): string[] => {
  const roles: unknown = idTokenClaims?.roles;
  return Array.isArray(roles) ? roles.filter((role) => typeof role === "string") : [];
};

export async function openSignIn(config: SignInConfig & { clientId: string }): Promise<SignIn> {
  const redirectUri = `${location.origin}/api/dashboard/`;
  const client = new PublicClientApplication({
    auth: { clientId: config.clientId, ...authorityOf(config), redirectUri, postLogoutRedirectUri: redirectUri },
    // Gone with the window.
    cache: { cacheLocation: "sessionStorage" },
  });
  // By the client id: an application that asks for a token for itself is refused by any other name of it (AADSTS90009).
  const scopes = [`${config.clientId}/user_impersonation`];
  await client.initialize();
  const came = await client.handleRedirectPromise();
  const account = came?.account ?? client.getAllAccounts()[0] ?? null;

  async function token(fresh: boolean): Promise<string> {
    // Without the hidden frame, which the page's policy does not allow: who is signed in no longer signs in again.
    const cacheLookupPolicy = fresh ? CacheLookupPolicy.RefreshToken : CacheLookupPolicy.AccessTokenAndRefreshToken;
    return (await client.acquireTokenSilent({ scopes, account: account!, cacheLookupPolicy })).accessToken;
  }

  return {
    session: account && {
      name: account.name ?? account.username,
      roles: rolesIn(account),
      token,
      signOut: () => client.logoutRedirect({ account }),
    },
    begin: () => client.loginRedirect({ scopes, redirectStartPage: location.href }),
  };
}

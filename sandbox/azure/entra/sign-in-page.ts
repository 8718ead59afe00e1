/** The pages of the login host, as far as a sandbox needs them: whom to sign in as, and what went wrong. */
import type { AzureReply } from "../wire.ts";
import type { Application, Principal } from "../world.ts";

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:10vh auto;padding:0 1rem}
button{display:block;width:100%;text-align:start;font:inherit;padding:.75rem 1rem;margin:.5rem 0;border:1px solid GrayText;border-radius:.5rem;cursor:pointer}
small{display:block;opacity:.8}h1{font-size:1.4rem}`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${title}</title>` +
  `<style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`;

type Choice = { application: Application; people: readonly Principal[]; action: string };

export function choicePage({ application, people, action }: Choice): string {
  const buttons = people.map(
    ({ oid, name, appRoles }) =>
      `<button name="person" value="${escaped(oid)}">${escaped(name)}<small>${escaped(appRoles.join(", "))}</small></button>`,
  );
  const words = `<p>This is the sandbox's login host. Nobody here has a password: choose who you are for ${escaped(application.name)}.</p>`;
  return page("Sign in to Contoso", `${words}<form method="post" action="${escaped(action)}">${buttons.join("")}</form>`);
}

export const errorPage = (said: string): string => page("Contoso", `<p>${escaped(said)}</p>`);

export const html = (status: number, body: string): AzureReply => ({
  status,
  headers: { "content-type": "text/html; charset=utf-8", "x-frame-options": "DENY" },
  body,
});

/** What the sandbox has handed out in confidence, and where it shows up: in a log, a table, an outcome. */
import type { Sandbox } from "../../sandbox/running/sandbox.ts";

/** name: for people; a token is known by its signature, for who has its claims alone can do nothing. */
export type Secret = { name: string; text: string };

/** Throws where there is none: then nothing was looked for. */
export function secretsOf({ azure, world, tableConnectionString }: Pick<Sandbox, "azure" | "world" | "tableConnectionString">): Secret[] {
  const tokens = azure.tokens.handedOut.map((token, i) => ({ name: `token ${i + 1} of the sandbox`, text: token.split(".").at(-1)! }));
  const secrets = [...world.principals.values()].flatMap(({ name, secret }) =>
    secret === undefined ? [] : [{ name: `the secret of ${name}`, text: secret }],
  );
  const key = /AccountKey=([^;]+)/.exec(tableConnectionString)?.[1];
  if (tokens.length === 0 || secrets.length === 0 || key === undefined) throw new Error("the sandbox has handed out nothing");
  return [...tokens, ...secrets, { name: "the key of the storage account", text: key }];
}

/** As they are, and as they look in a URL or in base64. */
const formsOf = (text: string): string[] => [text, encodeURIComponent(text), Buffer.from(text).toString("base64").replace(/=+$/, "")];

export function leaksIn(texts: readonly string[], secrets: readonly Secret[]): string[] {
  const all = texts.join("\n");
  return secrets
    .filter(({ text }) => formsOf(text).some((form) => all.includes(form)))
    .map(({ name }) => `${name} shows up in what the app says or keeps`);
}

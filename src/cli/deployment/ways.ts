/** What the commands against a deployment have in common: how it is reached, with whose token, and how a person is asked. */
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isSafe, reachDeployment, SignInError } from "../../azure/deployment.ts";
import { ApiError, type Client, createClient } from "../../client/client.ts";
import { chooseCloud, CLOUD_NAMES } from "../../domain/clouds.ts";
import { type Command, EXIT, type Given, type Option, text, UsageError } from "../command.ts";
import { plain } from "../terminal.ts";

export type Ways = {
  connect: (given: Given) => Client;
  /** Whether a person agrees; undefined where nobody can be asked. */
  ask: (question: string) => Promise<boolean | undefined>;
  sleep: (ms: number) => Promise<unknown>;
  now: () => Date;
};

/** Of every command that asks a deployment. */
const DEPLOYMENT: Readonly<Record<string, Option>> = {
  url: { type: "string", value: "URL", does: "where the deployment is; else KEYMEND_URL" },
  audience: { type: "string", value: "URI", does: "the audience of its tokens, as api://...; else KEYMEND_AUDIENCE" },
};

export const REASON: Option = { type: "string", short: "r", value: "TEXT", does: "why, for the record" };
export const YES: Option = { type: "boolean", short: "y", does: "does not ask" };

export function reasonOf(given: Given): string {
  const reason = text(given, "reason")?.trim();
  if (!reason) throw new UsageError("say why, for the record: --reason TEXT");
  return reason;
}

/** The one thing that the words are to name. */
export function oneIn(words: readonly string[], what: string): string {
  const [id, ...more] = words;
  if (!id?.trim() || more.length > 0) throw new UsageError(`give ${what}, and one only`);
  // No address leads to what is called like a step in a path (client.ts).
  if (/^\.{1,2}$/.test(id)) throw new UsageError(`${id} is not ${what}`);
  return id;
}

/** The one thing that the command is about. */
export const idOf = ({ positionals }: Given, what = "an incident's id"): string => oneIn(positionals, what);

/** Said by a person, or by --yes beforehand. */
export async function isAgreed(given: Given, { ask }: Ways, question: string): Promise<boolean> {
  if (given.values["yes"] === true) return true;
  const answer = await ask(question);
  if (answer === undefined) throw new UsageError("nobody can be asked here: --yes says that you agree");
  return answer;
}

const SIGN_IN = "Sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.";

export function addressOf(given: Given): { url: string; audience: string } {
  const url = text(given, "url") ?? given.env["KEYMEND_URL"];
  const audience = text(given, "audience") ?? given.env["KEYMEND_AUDIENCE"];
  if (!url) throw new UsageError("where is the deployment? --url or KEYMEND_URL, as https://NAME.azurewebsites.net");
  if (!isSafe(url)) throw new UsageError(`${url} is no https address`);
  // Not asked of the deployment: a token goes only to whom it is for.
  if (!audience) throw new UsageError("for whom is the token? --audience or KEYMEND_AUDIENCE, as api://CLIENT-ID (docs/operate.md)");
  return { url, audience };
}

function connect(given: Given): Client {
  const { url, audience } = addressOf(given);
  return createClient({ url, ...reachDeployment(audience) });
}

async function askHere(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}

export const ways: Ways = { connect, ask: askHere, sleep: (ms) => sleep(ms), now: () => new Date() };

/** Which of Azure's clouds the deployment is in: nowhere else is the caller's secret sent. */
function chooseItsCloud({ env }: Given): void {
  const name = env["KEYMEND_CLOUD"] || "AzureCloud";
  const cloud = CLOUD_NAMES.find((one) => one === name);
  if (cloud === undefined) throw new UsageError(`KEYMEND_CLOUD is one of ${CLOUD_NAMES.join(", ")}, not ${plain(name)}`);
  chooseCloud(cloud);
}

/** A command that asks a deployment: it takes where that is, and what is refused is told in the deployment's words, without a stack. */
export const deployed = (command: Command): Command => ({
  ...command,
  options: { ...command.options, ...DEPLOYMENT },
  run: async (given) => {
    chooseItsCloud(given);
    try {
      return await command.run(given);
    } catch (error) {
      if (error instanceof SignInError) given.terminal.say(`${plain(error.message)}\n${SIGN_IN}`);
      else if (error instanceof ApiError) {
        given.terminal.say(plain(error.message));
        for (const { field, problem } of error.fields) given.terminal.say(`  ${plain(field)}: ${plain(problem)}`);
      } else throw error;
      return EXIT.failed;
    }
  },
});

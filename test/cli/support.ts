/** The command line against a deployment that a test plays: what it is asked, what it answers, what a person says. */
import { expect } from "vitest";
import { createClient, type Fetch } from "../../src/client/client.ts";
import { commandsBy } from "../../src/cli/commands.ts";
import { addressOf, type Ways } from "../../src/cli/deployment/ways.ts";
import { run } from "../../src/cli/run.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import { NOW } from "../support/builders.ts";

export type Asked = { call: string; body?: unknown };
type Answer = { status?: number; body: unknown } | Error;

/** By `METHOD /path`, the query left out; a list is answered in turn, its last one again and again. */
export type Played = Record<string, Answer | Answer[]>;

export function deployment(played: Played, agrees: boolean | "nobody" = true, more: Readonly<Record<string, string>> = {}) {
  const asked: Asked[] = [];
  const questions: string[] = [];
  const left = new Map(Object.entries(played).map(([call, answers]) => [call, [answers].flat()]));
  const fetch: Fetch = async (url, { method, body }) => {
    const { pathname, search } = new URL(url);
    asked.push({ call: `${method} ${pathname}${search}`, ...(body === undefined ? {} : { body: JSON.parse(body) as unknown }) });
    const answers = left.get(`${method} ${pathname.replace("/api", "")}`);
    if (!answers) throw new Error(`nobody plays ${method} ${pathname}`);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer instanceof Error) throw answer;
    return { status: answer.status ?? 200, headers: new Headers(), text: async () => JSON.stringify(answer.body) };
  };
  const ways: Ways = {
    connect: (given) => createClient({ url: addressOf(given).url, token: async () => "t", fetch }),
    ask: async (question) => {
      questions.push(question);
      return agrees === "nobody" ? undefined : agrees;
    },
    sleep: async () => undefined,
    now: () => new Date(NOW),
  };
  async function keymend(...args: string[]) {
    const said = { out: "", err: "" };
    const stream = (name: "out" | "err") => ({ write: (words: string) => void (said[name] += words) });
    const env = { KEYMEND_URL: "https://keymend.example", KEYMEND_AUDIENCE: "api://keymend", ...more };
    const code = await run({
      args,
      commands: commandsBy(ways),
      version: "1.2.3",
      terminal: createTerminal(stream("out"), stream("err"), env),
      env,
    });
    expect(said.err).not.toMatch(/^ {4}at /m);
    return { code, ...said };
  }
  return { keymend, asked, questions };
}

export const refused = (status: number, detail: string): Answer => ({
  status,
  body: { type: "about:blank", title: "t", status, detail, errors: [{ field: "id", problem: "is wrong" }] },
});

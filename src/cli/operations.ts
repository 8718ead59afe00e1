/** `keymend operations`: what is done on purpose. */
import * as v from "valibot";
import { STATES } from "../api/requests.ts";
import { memberIn, WISH } from "../api/wish-body.ts";
import type { AnswerOf, Client, Sent } from "../client/client.ts";
import { vaultUriOf } from "../domain/clouds.ts";
import { type Command, EXIT, type Given, isOn, meant, type Option, text, texts, UsageError } from "./command.ts";
import { operationTable, operationText, type Rehearsal } from "./deployment/tell.ts";
import { isAgreed, oneIn, REASON, reasonOf, type Ways, YES } from "./deployment/ways.ts";
import { oneOf } from "./incidents.ts";

type Body = NonNullable<Sent<"startOperation">["body"]>;

const NAMES = WISH.options.map(({ entries }) => entries.operation.literal);

/** What operations take, by the option that says it. */
const MEMBERS = {
  kind: { member: "kind", value: "KIND", does: "account or cluster" },
  vault: { member: "vaultId", value: "ID", does: "the vault's resource id" },
  key: { member: "key", value: "NAME", does: "the key's name" },
  "key-uri": { member: "keyUri", value: "URI", does: "the key's URI" },
  identity: { member: "identityId", value: "ID", does: "the identity's resource id" },
  database: { member: "databaseId", value: "ID", does: "the database's resource id" },
  scope: {
    member: "scope",
    value: "URI|ID",
    does: "what is taken away or given back: a key's URI, or the id of a database for its identity's grant",
  },
  confirm: { member: "confirm", value: "NAME", does: "the name of what is lost, which confirms it" },
} as const;

const membersIn = (given: Given): [string, unknown][] => [
  ...Object.entries(MEMBERS).flatMap(([option, { member }]): [string, unknown][] => {
    const value = text(given, option);
    return value === undefined ? [] : [[member, value]];
  }),
  ...texts(given, "set").map((pair): [string, unknown] => {
    const [member = "", ...value] = pair.split("=");
    if (member === "" || value.length === 0) throw new UsageError(`--set takes MEMBER=VALUE, not ${pair}`);
    return [member, memberIn(value.join("="))];
  }),
];

/** Held against the very schema that the deployment checks it by, so that what is wrong is told before anything is asked. */
function bodyIn(given: Given, [operation, ...more]: readonly string[]): Body {
  if (more.length > 0 || !NAMES.some((name) => name === operation)) throw new UsageError(`which operation? one of ${NAMES.join(", ")}`);
  const until = text(given, "until");
  const body = { operation, reason: reasonOf(given), ...(until === undefined ? {} : { until }), ...Object.fromEntries(membersIn(given)) };
  const parsed = v.safeParse(WISH, body);
  if (!parsed.success) {
    const wrong = parsed.issues.map(({ path, message, expected }) => {
      const member = (path ?? []).map(({ key }) => String(key)).join(".");
      return `  ${member}: ${path?.at(-1)?.value === undefined ? "is missing" : expected === "never" ? "is not known" : message}`;
    });
    throw new UsageError(`keymend operations start ${operation}:\n${wrong.join("\n")}`);
  }
  // As it was given: the deployment reads it by itself.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is what the schema has accepted
  return body as Body;
}

const isRehearsal = (answer: AnswerOf<"startOperation">): answer is Rehearsal => "dryRun" in answer;

/** Rehearsed first, so that whoever agrees has seen what it takes, writes and loses. */
async function start(given: Given, ways: Ways, client: Client, body: Body): Promise<number> {
  const { print, say, paint } = given.terminal;
  const rehearsal = await client.call("startOperation", { body: { ...body, dryRun: true } });
  if (!isRehearsal(rehearsal)) throw new Error("a rehearsal is answered as if it were none");
  const isUnmet = rehearsal.outcome === "Refused";
  if (isOn(given, "dry-run")) {
    print(isOn(given, "json") ? JSON.stringify(rehearsal) : operationText(rehearsal, paint));
    return isUnmet ? EXIT.trouble : EXIT.nothing;
  }
  say(operationText(rehearsal, paint));
  if (!(await isAgreed(given, ways, `Put ${body.operation} on record?`))) {
    say("Nothing was put on record.");
    return EXIT.failed;
  }
  const started = await client.call("startOperation", { body });
  if (isRehearsal(started)) throw new Error("an operation is answered as if it were rehearsed");
  print(isOn(given, "json") ? JSON.stringify(started) : `On record: ${started.id}. keymend operations show ${started.id}`);
  return EXIT.nothing;
}

const exitOf = ({ outcome }: AnswerOf<"operation">): number => (outcome === null || outcome === "Completed" ? EXIT.nothing : EXIT.trouble);

type Verb = (given: Given, ways: Ways, rest: readonly string[]) => Promise<number>;

const one = (rest: readonly string[]): string => oneIn(rest, "an operation's id");

const VERBS: Record<string, Verb> = {
  list: async (given, ways, rest) => {
    if (rest.length > 0) throw new UsageError(`list takes nothing more, not ${rest.join(" ")}`);
    const state = oneOf(given, "state", STATES);
    const value: AnswerOf<"operations">["value"] = [];
    for await (const operation of ways.connect(given).all("operations", { ...(state && { state }), $top: "200" })) value.push(operation);
    given.terminal.print(isOn(given, "json") ? JSON.stringify({ value }) : operationTable(value, given.terminal.paint));
    return EXIT.nothing;
  },
  start: (given, ways, rest) => start(given, ways, ways.connect(given), bodyIn(given, rest)),
  show: async (given, ways, rest) => {
    const operation = await ways.connect(given).call("operation", { id: one(rest) });
    given.terminal.print(isOn(given, "json") ? JSON.stringify(operation) : operationText(operation, given.terminal.paint));
    return exitOf(operation);
  },
  cancel: async (given, ways, rest) => {
    const operation = await ways.connect(given).call("cancelOperation", { id: one(rest), body: { reason: reasonOf(given) } });
    given.terminal.print(isOn(given, "json") ? JSON.stringify(operation) : `Called off: nothing more of ${operation.id} is written.`);
    return EXIT.nothing;
  },
};

const OPTIONS: Record<string, Option> = Object.fromEntries(
  Object.entries(MEMBERS).map(([name, { value, does }]): [string, Option] => [name, { type: "string", value, does }]),
);

export const operations = (ways: Ways): Command => ({
  name: "operations",
  does: "Planned operations: lists, starts, shows and calls them off",
  takes: "list|start|show|cancel [NAME|ID]",
  words: Object.keys(VERBS),
  about: `start NAME takes what the operation does: ${NAMES.join(", ")} (docs/operate.md). It is rehearsed first, shown, and asked about.\nExit codes: 0 under way or completed, 2 refused or escalated, and of a rehearsal where a requirement is not met.`,
  options: {
    state: { type: "string", value: "STATE", does: `list: of that state alone: ${STATES.join(", ")}` },
    "dry-run": { type: "boolean", does: "start: only rehearses it" },
    ...OPTIONS,
    set: { type: "string", value: "MEMBER=VALUE", multiple: true, does: "start: a member of its body that has no option here" },
    until: { type: "string", value: "WHEN", does: "start: how long it is wanted, as PT4H; two days unless said" },
    reason: REASON,
    yes: YES,
  },
  examples: [
    {
      run: `keymend operations start rotate-key --key-uri ${vaultUriOf("kv-orders")}/keys/cmk --reason "once a year" --dry-run`,
      does: "says what it takes and would do",
    },
    { run: "keymend operations list --state waiting", does: "lists what waits for a person" },
    { run: 'keymend operations cancel 20261102T100000000Z-0123456789ab --reason "not today"', does: "stops it before its next write" },
  ],
  run: async (given) => {
    const [word = "", ...rest] = given.positionals;
    const verb = meant(VERBS, word);
    if (!verb) throw new UsageError(`keymend operations takes one of ${Object.keys(VERBS).join(", ")}`);
    return verb(given, ways, rest);
  },
});

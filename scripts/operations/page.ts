/** docs/operations.md as text, from the operations themselves and what was played of them. */
import { placeOf } from "../../src/domain/short-names.ts";
import { operations } from "../../src/domain/operations/index.ts";
import { REQUIREMENTS } from "../../src/domain/requirement.ts";
import { stepSpecs } from "../../src/domain/steps/index.ts";
import type { StepName } from "../../src/domain/steps/step.ts";
import { code, escaped, table } from "../markdown.ts";
import type { Example, Examples } from "./examples.ts";
import { GUIDES } from "./guides.ts";

type Operation = Pick<
  (typeof operations)[keyof typeof operations],
  "title" | "source" | "loses" | "asks" | "steps" | "mends" | "doneWhen" | "wayBack" | "stands"
>;

const all: readonly (readonly [name: string, operation: Operation])[] = Object.entries(operations);

const link = (name: string): string => `[${name}](#${name})`;
const causeLink = (cause: string): string => `[${cause}](causes.md#${cause.toLowerCase()})`;

const overview = (): string[] =>
  table(
    ["Operation", "What it does", "Confirmed by name"],
    all.map(([name, { title, loses }]) => [link(name), title, loses === null ? "no" : "yes"]),
  );

function permissionsOf(name: StepName): string[] {
  const kinds = ["account", "cluster"] as const;
  const needed = kinds.map((targetKind) => stepSpecs[name].permission({ targetKind }));
  return [...new Set(needed.flatMap(({ actions, dataActions }) => [...actions, ...dataActions]))];
}

function stepLines({ steps }: Operation): string[] {
  if (steps.length === 0) return ["It writes nothing."];
  const rows = steps.map((name, n) => [`${n + 1}`, code(name), permissionsOf(name).map(code).join("<br>")]);
  return table(["", "Step, where it is needed", "Permission"], rows);
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

function exampleLines({ story, title, kind, parameters, requirements, steps, outcome, detail, undo }: Example): string[] {
  const found = requirements.map(({ name, state, detail: what }) => [name, state, escaped(what)]);
  return [
    `### Example: ${kind}, ${story}`,
    "",
    escaped(sentence(title)),
    "",
    "```json",
    JSON.stringify(parameters, null, 2),
    "```",
    "",
    ...table(["Requirement", "At the end", "Shown by"], found),
    "",
    ...(steps.length === 0
      ? ["Written: nothing."]
      : ["Written:", "", ...steps.map(({ name, on }) => `- ${code(name)} on ${escaped(placeOf(on))}`)]),
    "",
    `It ended as ${outcome}: "${escaped(detail)}".`,
    "",
    ...(undo.length === 0 ? [] : ["The way back:", "", "```sh", ...undo, "```", ""]),
  ];
}

function operationLines([name, operation]: (typeof all)[number], example: Example | undefined): string[] {
  const { title, source, loses, asks, mends, doneWhen, wayBack } = operation;
  return [
    `## ${name}`,
    "",
    `**${title}.**`,
    "",
    ...(loses === null ? [] : [escaped(loses), ""]),
    ...table(
      ["", ""],
      [
        ["Done when", doneWhen],
        ["The way back", wayBack],
        ["Repairs that it wants too", mends.map(causeLink).join(", ") || "none"],
        ["Source", escaped(source)],
      ],
    ),
    "",
    ...stepLines(operation),
    "",
    ...table(
      ["Requirement", "What has to hold"],
      asks.map((one) => [one, REQUIREMENTS[one]]),
    ),
    "",
    ...(example ? exampleLines(example) : ["None is played in the sandbox.", ""]),
  ];
}

/** What is clicked is no command. */
const shown = (command: string): string => (/^(portal|the) /.test(command.replace(":", "")) ? command : code(command));

const guideLines = (): string[] =>
  GUIDES.flatMap(({ title, rows }) => [
    `### ${title}`,
    "",
    ...table(
      ["Command", "Operation", "How, or why not"],
      rows.map(({ command, operation, why }) => [shown(command), operation === null ? "none" : link(operation), why]),
    ),
    "",
  ]);

const INTRO = [
  "<!-- Written by `npm run docs:operations` from src/domain/operations, scripts/operations/guides.ts and the sandbox's stories. Change those, not this. -->",
  "",
  "# Planned operations",
  "",
  "What a team does on purpose, fulfilled by the loop that makes repairs. How to ask for one, read it and call it off is in [operate.md](operate.md#plan-an-operation).",
  "",
  "- **Requirements** are looked at before anything is written, and again until the operation is over: one that is not met, or not known, refuses it. What is advice or told beforehand refuses nothing, nor does what the operation itself is there for.",
  "- **Steps** are made in this order; those that are done already, or not needed, are left out. Each is checked again on fresh facts right before its write.",
  "- **Examples** are operations as the operations API showed them once the sandbox had played the story named. Play one with `npm start -- --story NAME`.",
];

export const operationsPage = (examples: Examples): string =>
  [
    ...INTRO,
    "",
    ...overview(),
    "",
    ...all.flatMap((one) => operationLines(one, examples[one[0]])),
    "## The guides' commands",
    "",
    "Each command line of Microsoft's guides, and each of their steps in the portal that writes, by the titles of their pages on Microsoft Learn.",
    "",
    ...guideLines(),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");

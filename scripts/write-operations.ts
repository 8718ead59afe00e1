/**
 * `npm run docs:operations`: plays the story of each planned operation and writes docs/operations-examples.json and docs/operations.md.
 * --operation A,B        plays those alone
 * --examples-from-file   writes the page alone, from the examples that are there
 */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { operations } from "../src/domain/operations/index.ts";
import { type Examples, playExample, readExamples, showings } from "./operations/examples.ts";
import { operationsPage } from "./operations/page.ts";
import { readKept } from "./kept-results.ts";

const EXAMPLES = "docs/operations-examples.json";

const { values } = parseArgs({ options: { "examples-from-file": { type: "boolean" }, operation: { type: "string" } } });
const chosen = values["examples-from-file"] ? [] : (values.operation?.split(",") ?? Object.keys(operations));

const played: Examples = (await readKept(EXAMPLES)) === undefined ? {} : await readExamples(EXAMPLES);
for (const showing of showings.filter(({ operation }) => chosen.includes(operation))) {
  console.error(`${showing.operation}: ${showing.story.name}`);
  played[showing.operation] = await playExample(showing);
}
const inOrder = Object.fromEntries(showings.flatMap(({ operation }) => (played[operation] ? [[operation, played[operation]]] : [])));
await writeFile(EXAMPLES, `${JSON.stringify(inOrder, null, 2)}\n`);
spawnSync("oxfmt", [EXAMPLES], { stdio: "inherit" });
await writeFile("docs/operations.md", operationsPage(inOrder));

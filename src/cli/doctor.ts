/** `keymend doctor`: a look at every database with a customer-managed key, with the caller's own rights. Nothing is deployed, nothing written. */
import { constants } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { causes } from "../domain/causes/index.ts";
import type { Report } from "../domain/doctor/finding.ts";
import { reportOf } from "../domain/doctor/report.ts";
import { type Command, EXIT, type Given, isOn, text, texts, UsageError } from "./command.ts";
import { connect } from "./doctor/connect.ts";
import { csvOf } from "./doctor/csv.ts";
import { htmlOf } from "./doctor/html.ts";
import { BlindError, lookAtAll } from "./doctor/look.ts";
import { sarifOf } from "./doctor/sarif.ts";
import { configFor } from "./doctor/settings.ts";
import { summaryOf, tableOf } from "./doctor/table.ts";

const EXITS: Record<Report["verdict"], number> = {
  nothing: EXIT.nothing,
  warnings: EXIT.warnings,
  trouble: EXIT.trouble,
  couldNotLook: EXIT.failed,
};

const TITLES = new Map(causes.map(({ code, title }) => [code, title]));

/** By the option that asks for it. */
const FORMATS: Record<string, (report: Report) => string> = {
  csv: csvOf,
  sarif: (report) => sarifOf(report, manifest.version),
  html: htmlOf,
};

const STDOUT = "-";

type Output = { to: string; render: (report: Report) => string };

/** What is wanted, told apart before anything is looked at. */
function outputsOf(given: Given): { files: Output[]; printed: Output | undefined } {
  const asked = Object.entries(FORMATS).flatMap(([name, render]) => {
    const to = text(given, name);
    return to === undefined ? [] : [{ to, render }];
  });
  const json = isOn(given, "json") ? [{ to: STDOUT, render: (report: Report) => JSON.stringify(report) }] : [];
  const printed = [...json, ...asked.filter(({ to }) => to === STDOUT)];
  if (printed.length > 1) throw new UsageError("only one thing can be printed: give the others a file");
  return { files: asked.filter(({ to }) => to !== STDOUT), printed: printed[0] };
}

/** Before anything is looked at, which may take minutes. */
async function checkPlaces({ files }: ReturnType<typeof outputsOf>): Promise<void> {
  for (const { to } of files)
    await access(dirname(to), constants.W_OK).catch((error: Error) => {
      throw new UsageError(`${to} can't be written: ${error.message}`);
    });
}

async function tell(given: Given, { files, printed }: ReturnType<typeof outputsOf>, report: Report): Promise<void> {
  const { terminal } = given;
  for (const { to, render } of files) await writeFile(to, `${render(report)}\n`);
  terminal.print(printed ? printed.render(report) : tableOf(report, terminal.paint, isOn(given, "all")));
  if (printed) terminal.say(summaryOf(report));
}

export const doctor: Command = {
  name: "doctor",
  does: "Looks at every database with a customer-managed key, and says what is wrong or will be",
  takes: "",
  about:
    "Needs no deployment and writes nothing: it looks with your own rights (the environment's credential, the Azure CLI's, or a managed\n" +
    "identity's); Reader is enough. What it could not read it says. KEYMEND_ settings in the environment count as they would in a deployment.\n" +
    "Exit codes: 0 nothing, 1 warnings, 2 trouble, 3 it could not look at everything, 64 called wrong.",
  options: {
    subscription: { type: "string", short: "s", value: "ID", multiple: true, does: "looks there alone, by id or name; may be repeated" },
    csv: { type: "string", value: "FILE", does: "writes a row for each database there (- prints it, as with the next two)" },
    sarif: { type: "string", value: "FILE", does: "writes SARIF 2.1.0 there, for what shows findings of many tools" },
    html: { type: "string", value: "FILE", does: "writes one page there, with plots, that stands for itself" },
    all: { type: "boolean", does: "lists what is well too, and mere notes" },
  },
  examples: [
    { run: "keymend doctor", does: "looks at all that you may see" },
    { run: "keymend doctor --subscription production", does: "looks at one subscription" },
    { run: "keymend doctor --html report.html --sarif report.sarif", does: "leaves a page for people and results for a pipeline" },
    { run: "keymend doctor --json | jq '.databases[0]'", does: "shows the worst one" },
  ],
  run: async (given) => {
    const { terminal, env } = given;
    const outputs = outputsOf(given);
    await checkPlaces(outputs);
    const deps = connect({ configFor: (tenantId) => configFor(env, tenantId), progress: terminal.progress });
    try {
      const { settings, ...seen } = await lookAtAll(deps, texts(given, "subscription"));
      const report = reportOf(seen, settings, (code) => TITLES.get(code)!);
      await tell(given, outputs, report);
      return EXITS[report.verdict];
    } catch (error) {
      if (!(error instanceof BlindError)) throw error;
      terminal.say(error.message);
      return EXIT.failed;
    }
  },
};

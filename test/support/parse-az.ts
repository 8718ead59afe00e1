/** The Azure CLI's own parser, where there is one: reads command lines without running them. */
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** The Python that the Azure CLI on the PATH runs with: its program is a script that names it. */
function pythonOfAz(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      const python = /(?:\/[\w.+-]+)+\/python[\d.]*/.exec(readFileSync(join(folder, "az"), "utf8"))?.[0];
      if (python === undefined) continue;
      execFileSync(python, ["-c", "import azure.cli.core"], { stdio: "ignore" });
      return python;
    } catch {
      // Not in this folder, or not the Azure CLI.
    }
  }
  return undefined;
}

const python = pythonOfAz();

/** Why no line can be read; undefined where they can. */
export const parserProblem = python === undefined ? "there is no Azure CLI on the PATH" : undefined;
if (parserProblem !== undefined) console.warn(`SKIPPED: ${parserProblem}, so its parser reads no command line`);

/**
 * What an older or a broken CLI can't read, whatever the line. Debian's 2.45 has no stacks, no support, nothing of Flex Consumption, and lists
 * role assignments by --assignee alone (Azure/azure-cli, role/_params.py, has the other two); it comes without packages that eventgrid,
 * keyvault and network load, and fails as it loads what a command takes, before it reads the line. Any other crash is told.
 */
const LACKING = new RegExp(
  [
    "'(?:stack|support|list-flexconsumption-locations)' is misspelled or not recognized",
    String.raw`unrecognized arguments: (?:--action-on-unmanage|--assignee-object-id \S+ --fill-principal-name)`,
    String.raw`The command failed with an unexpected error[\s\S]*(?:ImportError|ModuleNotFoundError|in load_arguments)`,
  ].join("|"),
);

export type Judged = { refused: string[]; unjudged: string[]; taken: number };

/** lines: without `az` itself. dir: for the configuration that the CLI makes. */
export async function judge(lines: readonly (readonly string[])[], dir: string): Promise<Judged> {
  const env = { ...process.env, AZURE_CONFIG_DIR: dir, AZURE_CORE_COLLECT_TELEMETRY: "no" };
  const running = promisify(execFile)(python!, ["test/support/parse-az.py"], { env });
  running.child.stdin!.end(JSON.stringify(lines));
  const answers = JSON.parse((await running).stdout) as (string | null)[];
  const read = lines.map((line, at) => ({ line: line.join(" "), answer: answers[at] ?? "" }));
  const [unjudged, judged] = [read.filter(({ answer }) => LACKING.test(answer)), read.filter(({ answer }) => !LACKING.test(answer))];
  for (const { line } of unjudged) console.warn(`NOT JUDGED, as this Azure CLI does not have it: az ${line.slice(0, 100)}`);
  const refused = judged.filter(({ answer }) => answer !== "");
  return {
    refused: refused.map(({ line, answer }) => `${line}: ${answer}`),
    unjudged: unjudged.map(({ line }) => line),
    taken: judged.length - refused.length,
  };
}

/** The commands that may be left unjudged, and no others. */
export const MAY_LACK =
  /^(?:stack (?:sub|mg)|eventgrid system-topic|support|functionapp list-flexconsumption-locations|keyvault key|network (?:vnet|private-endpoint)|role assignment list)(?: |$)/;

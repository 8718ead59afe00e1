/** What `keymend` runs. The composition root of the command line: nothing imports it. */
import manifest from "../../package.json" with { type: "json" };
import { commands } from "./commands.ts";
import { run } from "./run.ts";
import { createTerminal } from "./terminal.ts";

const { env } = process;
const terminal = createTerminal(process.stdout, process.stderr, env);
// What is piped into `head` has been read as far as anybody wants.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
// Not exit(): what was printed into a pipe would be cut off.
process.exitCode = await run({ args: process.argv.slice(2), commands, version: manifest.version, terminal, env });

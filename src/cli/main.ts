/** What `keymend` runs. The composition root of the command line: nothing imports it. */
import manifest from "../../package.json" with { type: "json" };
import { commands } from "./commands.ts";
import { EXIT } from "./command.ts";
import { run } from "./run.ts";
import { createTerminal } from "./terminal.ts";

const { env } = process;
const terminal = createTerminal(process.stdout, process.stderr, env);
/** Of who writes into a pipe that nobody reads any more, as a shell has it: 128 and the number of SIGPIPE. */
const BROKEN_PIPE = 141;

for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // What is piped into `head` has been read as far as anybody wants; what was found is told by the code all the same.
    if (error.code === "EPIPE") process.exit(process.exitCode ?? BROKEN_PIPE);
    if (stream === process.stdout) terminal.say(`it can't be printed: ${error.message}`);
    process.exit(EXIT.failed);
  });
// Not exit(): what was printed into a pipe would be cut off.
process.exitCode = await run({ args: process.argv.slice(2), commands, version: manifest.version, terminal, env });

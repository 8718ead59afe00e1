/** Entry of `npm start` and `npm run sandbox`: reads the command, runs it, turns its end into an exit code. */
import { readFileSync } from "node:fs";
import { type Command, readCommand } from "./play/cli.ts";
import { UsageError } from "./play/flags.ts";
import { keepCompiledCode } from "./running/compile-cache.ts";
import { stories } from "./stories/index.ts";
import { listing, listingText } from "./stories/listing.ts";

async function run(command: Command): Promise<number> {
  switch (command.command) {
    case "help":
      process.stdout.write(`${command.text}\n`);
      return 0;
    case "list":
      process.stdout.write(command.json ? `${JSON.stringify(listing(stories))}\n` : listingText(stories));
      return 0;
    // Loaded only when needed: a list or a complaint should not wait for all of Azure.
    case "serve":
      return (await import("./play/serve.ts")).serve(command);
    case "play":
      return (await import("./play/play.ts")).play(command);
  }
}

/** The app's own list of them; the sandbox knows nothing of the app's code. */
function settingNames(): string[] {
  const sample: { Values: Record<string, string> } = JSON.parse(
    readFileSync(new URL("../local.settings.sample.json", import.meta.url), "utf8"),
  );
  return Object.keys(sample.Values).filter((name) => name.startsWith("KEYMEND_"));
}

keepCompiledCode();
let code: number;
try {
  code = await run(readCommand(process.argv.slice(2), stories, settingNames()));
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(usage ? `${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  code = usage ? 2 : 1;
}
// Not left to end by itself: while it winds down Node gives signals their default action back, and one more Ctrl-C would kill it.
process.stdout.write("", () => process.exit(code));

/** Entry of `npm start` and `npm run sandbox`: reads the command, runs it, turns its end into an exit code. */
import { type Command, readCommand, UsageError } from "./play/cli.ts";
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

keepCompiledCode();
try {
  process.exitCode = await run(readCommand(process.argv.slice(2), stories));
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(usage ? `${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = usage ? 2 : 1;
}

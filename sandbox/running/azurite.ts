/** Tables for the app under test: Azurite's table service as a child process, in memory, gone with the sandbox. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { compileCacheEnv } from "./compile-cache.ts";

export type Tables = {
  /** Removed with the service, however that ends. */
  folder: string;
  /** Good at once: who connects before the service is up waits in the socket's queue. */
  connectionString: string;
  ready: Promise<void>;
  close(): Promise<void>;
};

/** Public, the same for everyone (Microsoft Learn, "Use the Azurite emulator": well-known storage account and key). */
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** folder: removed by the child if the sandbox ends without closing it. */
export async function startTables(folder: string): Promise<Tables> {
  // The socket is opened here and handed over, so that its port is known before the slow service has loaded.
  const socket = createServer();
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.listen(0, "127.0.0.1", resolve);
  });
  const address = socket.address();
  if (address === null || typeof address === "string") throw new Error("the tables' socket has no port");
  const child = fork(fileURLToPath(new URL("table-server.ts", import.meta.url)), {
    // Its own process group, so that it survives a kill of the sandbox's long enough to clean up.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { PATH: process.env["PATH"], SANDBOX_FOLDER: folder, ...compileCacheEnv() },
  });
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ready = new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`the table service ended at its start (${code}): ${errors.slice(-500)}`)));
    child.send("listen", socket, (error) => (error ? reject(error) : socket.close()));
  });
  // Whoever waits for it hears of a failure; nobody waiting is no crash.
  ready.catch(() => {});
  return {
    folder,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};TableEndpoint=http://127.0.0.1:${address.port}/${ACCOUNT};`,
    ready,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

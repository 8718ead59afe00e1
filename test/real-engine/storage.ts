/** Blobs, queues and tables for the engine: Azurite as a child process, in memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";

export type Storage = { connectionString: string; close(): Promise<void> };

/** Public, the same for everyone (Microsoft Learn, "Use the Azurite emulator": well-known storage account and key). */
const ACCOUNT = "devstoreaccount1";
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const SERVICES = ["blob", "queue", "table"] as const;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export async function startStorage(): Promise<Storage> {
  const ports = await Promise.all(SERVICES.map(freePort));
  const child = spawn(
    process.execPath,
    [
      createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js"),
      ...SERVICES.flatMap((service, at) => [`--${service}Port`, String(ports[at])]),
      "--inMemoryPersistence",
      "--skipApiVersionCheck",
      "--disableTelemetry",
      "--silent",
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  const up = Promise.withResolvers<void>();
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if ((said.match(/successfully listen/g) ?? []).length === SERVICES.length) up.resolve();
  });
  child.once("exit", (code) => up.reject(new Error(`Azurite ended at its start (${code}): ${said}`)));
  await up.promise;
  const endpoints = SERVICES.map(
    (service, at) => `${service[0]!.toUpperCase()}${service.slice(1)}Endpoint=http://127.0.0.1:${ports[at]}/${ACCOUNT};`,
  );
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};${endpoints.join("")}`,
    async close() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

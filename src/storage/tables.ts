/** The three tables, made where missing. Everything that is kept goes through them; no secret, token or key material ever does. */
import { TableClient } from "@azure/data-tables";
import type { TableServiceClientOptions } from "@azure/data-tables";
import type { TokenCredential } from "@azure/identity";
import { callAzure, toTransientError } from "../azure/call-azure.ts";
import type { Failure } from "../azure/classify-error.ts";
import { limitTime } from "../azure/clients.ts";
import { InvariantError } from "../domain/errors.ts";

export type TableNames = { incidents: string; audit: string; baseline: string };
export type TableLocation = { connectionString: string } | { endpoint: string; credential: TokenCredential };

type TableName = keyof TableNames;

export type Tables = {
  /**
   * Runs one piece of work on a table. Storage that does not answer, or lets nobody in, is an outage of Keymend and thrown as a
   * TransientError; what it refuses for what it is (too large, a name or value that it does not take) no repetition cures: that is a
   * mistake of this program, an InvariantError. What is not there must be caught inside (`orAbsent`).
   */
  use: <T>(table: TableName, operation: string, work: (client: TableClient) => Promise<T>) => Promise<T>;
};

export function createTables(options: { location: TableLocation; names: TableNames; pipelineOptions?: TableServiceClientOptions }): Tables {
  const { location, names } = options;
  const clients: Partial<Record<TableName, Promise<TableClient>>> = {};

  const open = async (table: TableName): Promise<TableClient> => {
    // Unlike Azure's other answers these are worth a second's patience: whoever writes down a signal has no durable timer.
    const common: TableServiceClientOptions = {
      retryOptions: { maxRetries: 2, retryDelayInMs: 200 },
      additionalPolicies: [{ policy: limitTime, position: "perCall" }],
      ...options.pipelineOptions,
    };
    const client =
      "connectionString" in location
        ? TableClient.fromConnectionString(location.connectionString, names[table], {
            ...common,
            // Only the local emulator is reached without TLS.
            allowInsecureConnection: location.connectionString.includes("http://127.0.0.1"),
          })
        : new TableClient(location.endpoint, names[table], location.credential, common);
    await client.createTable(); // says nothing where it exists
    return client;
  };

  return {
    use: async (table, operation, work) => {
      const on = `table ${names[table]}`;
      const result = await callAzure(operation, on, async () => {
        const opened = (clients[table] ??= open(table));
        // A table that could not be opened is tried again by the next who wants it.
        opened.catch(() => delete clients[table]);
        return work(await opened);
      });
      if (!result.ok)
        throw isFinal(result.failure)
          ? new InvariantError(sayFailure(operation, on, result.failure))
          : toTransientError(operation, on, result.failure);
      return result.value;
    },
  };
}

/** RequestBodyTooLarge (413), EntityTooLarge, PropertyValueTooLarge, KeyValueTooLarge, InvalidInput ... (Microsoft Learn, "Table Storage error codes"). */
const isFinal = ({ kind, code }: Failure): boolean => kind === "invalid" && code !== "UnreadableAnswer";

const sayFailure = (operation: string, on: string, { code, message }: Failure): string =>
  `${operation} on ${on} was refused: ${code}: ${message}`;

/** For filters: OData doubles the quote. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Makes tables of the local emulator empty, whatever is in them: for an app that runs on while all around it begins anew. */
import { TableClient } from "@azure/data-tables";

export async function emptyTables(connectionString: string, names: readonly string[]): Promise<void> {
  const empty = async (name: string): Promise<void> => {
    const table = TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true });
    // Both say nothing where it is so already.
    await table.deleteTable();
    await table.createTable();
  };
  await Promise.all(names.map(empty));
}

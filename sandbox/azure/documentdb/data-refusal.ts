/** How the data plane says no. Messages end in an ActivityId, as recorded in public issues (e.g. dotnet/efcore 32197). */
import type { JsonObject } from "../world.ts";

export type Headers = Record<string, string>;

export class DataRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly substatus: number | undefined;
  readonly headers: Headers;
  constructor(status: number, code: string, message: string, more: { substatus?: number; headers?: Headers } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.substatus = more.substatus;
    this.headers = more.headers ?? {};
  }
}

export const notFound = (): DataRefusal =>
  new DataRefusal(404, "NotFound", "Resource Not Found. Learn more: https://aka.ms/cosmosdb-tsg-not-found");

/** charge: request units, one where not given. */
export type DataAnswer = { body: JsonObject; headers?: Headers; charge?: number };

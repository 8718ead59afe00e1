/**
 * What goes between the host and the worker. Source: Azure/azure-functions-nodejs-worker types-core/index.d.ts,
 * azure-functions-language-worker-protobuf/src/proto/FunctionRpc.proto.
 */
export type RpcNullable = { value: string };

export type RpcHttp = {
  method?: string;
  url?: string;
  nullableHeaders?: Record<string, RpcNullable>;
  nullableQuery?: Record<string, RpcNullable>;
  nullableParams?: Record<string, RpcNullable>;
  body?: RpcTypedData;
  statusCode?: string;
  headers?: Record<string, string>;
  cookies?: { name: string; value: string; path?: RpcNullable }[];
};

export type RpcTypedData = {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: RpcHttp;
};

export type RpcInput = { name: string; data: RpcTypedData };

export type InvocationRequest = {
  invocationId: string;
  functionId: string;
  inputData: RpcInput[];
  triggerMetadata?: Record<string, RpcTypedData>;
  traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> };
};

export type Binding = {
  name?: string;
  type: string;
  direction: "in" | "out";
  [option: string]: unknown;
};

export type FunctionMetadata = { name: string; bindings: Record<string, Binding>; retryOptions?: unknown };

export type FunctionCallback = (...args: unknown[]) => unknown;

export type LogLevel = string;

export type CoreInvocationContext = {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  state: "preInvocationHooks" | "postInvocationHooks" | "invocation" | undefined;
  log(level: LogLevel, category: string, message: string): void;
};

export type InvocationModel = {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: RpcTypedData | null; outputData?: RpcInput[] }>;
};

export type ProgrammingModel = {
  name: string;
  version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
};

/** What a function answered, as a value: what the host does to it before it goes on. */
export function fromTypedData(data: RpcTypedData | null | undefined): unknown {
  if (!data) return undefined;
  if (data.json !== undefined) return JSON.parse(data.json);
  return data.string ?? data.int ?? data.double ?? (data.bytes ? Buffer.from(data.bytes).toString("base64") : undefined);
}

/**
 * How a failed function is told to the orchestration that called it: text only, the class and the fields of the error are lost.
 * Source: Azure/azure-functions-durable-extension TaskActivityShim.cs and TaskOrchestrationShim.cs; the serialized exception
 * as it stands in reports of failed activities (Azure/azure-functions-durable-js issues). What was said is cut out of the host's
 * own text after "Exception:" (OutOfProcExceptionHelpers.cs), with the space that stands there (Azure/azure-functions-host RpcException.cs).
 */
export type Failure = { Reason: string; Details: string };

export function activityFailure(name: string, error: unknown): Failure {
  const message = ` ${error instanceof Error ? error.message : String(error)}`;
  return { Reason: `Activity function '${name}' failed: ${message}`, Details: serialize(message, error) };
}

function serialize(message: string, error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? null) : null;
  return JSON.stringify({
    $type: "System.Exception, System.Private.CoreLib",
    ClassName: "System.Exception",
    Message: message,
    StackTraceString: stack,
    Source: null,
  });
}

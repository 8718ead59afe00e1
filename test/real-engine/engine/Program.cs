// The Durable extension that runs in Azure, on the storage given to it, with every function forwarded to a worker: the bundle
// in a Node process. An orchestration trigger bound to a string makes the extension take a function for one out of its process:
// it hands over history and input as JSON and takes the actions as JSON, which is what durable-functions speaks.
// Source: Azure/azure-functions-durable-extension, OrchestrationTriggerAttributeBindingProvider.cs, OutOfProcOrchestrationShim.cs.
using System.Reflection;
using System.Reflection.Emit;
using System.Text;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Azure.WebJobs.Host.Config;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

var settings = JsonConvert.DeserializeObject<Settings>((await Console.In.ReadLineAsync())!)!;
Worker.Address = new Uri(settings.Worker);

using var host = new HostBuilder()
    .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(settings.Configuration))
    .ConfigureWebJobs(builder => builder.AddDurableTask())
    .ConfigureServices(services => services
        .AddSingleton<ITypeLocator>(new Functions(settings.Functions))
#pragma warning disable CS0618 // What the extension itself asks for.
        .AddSingleton<IWebHookProvider>(new WebHooks(settings.Webhooks)))
#pragma warning restore CS0618
    .ConfigureLogging(logging => logging
        .SetMinimumLevel(LogLevel.Critical)
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace))
    .Build();
await host.StartAsync();
await host.Services.GetRequiredService<IJobHost>().CallAsync(nameof(Client.DurableClient), new Dictionary<string, object>());
Console.WriteLine(Client.Data);

// Whoever started it says when to end. Gone without a word, it was killed: a host then ends as it does in a crash.
if (await Console.In.ReadLineAsync() is null) Environment.Exit(1);
await host.StopAsync();

sealed record Function(string Name, string Kind);

sealed record Settings(string Worker, string Webhooks, Dictionary<string, string?> Configuration, Function[] Functions);

/// What the worker is given to reach the extension's own HTTP interface, as the extension says it.
static class Client
{
    public static string Data = "";

    [NoAutomaticTrigger]
    public static void DurableClient([DurableClient] string client) => Data = client;
}

public static class Worker
{
    public static Uri Address = new("http://127.0.0.1/");
    private static readonly HttpClient Http = new() { Timeout = Timeout.InfiniteTimeSpan };

    /// As the Functions host takes an answer from a worker: JSON as a token, and a failure as an exception that its text tells.
    /// Source: Azure/azure-functions-host, RpcException.cs, RpcMessageConversionExtensions.cs.
    public static async Task<object?> Invoke(string name, string input)
    {
        var answer = await Http.PostAsync(new Uri(Address, name), new StringContent(input ?? "", Encoding.UTF8));
        var text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        var result = JsonConvert.DeserializeObject<JObject>(text, new JsonSerializerSettings { DateParseHandling = DateParseHandling.None })!;
        if (result["error"] is JObject error)
            throw new InvalidOperationException($"Result: Failure\nException: {error["message"]}\nStack: {error["stack"]}");
        return result["value"] is JValue value ? value.Value : result["value"];
    }
}

/// One method for each function of the bundle, made while starting, as the Functions host does.
sealed class Functions : ITypeLocator
{
    private readonly Type[] types;

    public Functions(Function[] functions)
    {
        var module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Bundle"), AssemblyBuilderAccess.Run).DefineDynamicModule("Bundle");
        var type = module.DefineType("Bundle", TypeAttributes.Public | TypeAttributes.Abstract | TypeAttributes.Sealed);
        foreach (var function in functions) Define(type, function);
        types = [type.CreateType(), typeof(Client)];
    }

    public IReadOnlyList<Type> GetTypes() => types;

    private static void Define(TypeBuilder type, Function function)
    {
        var method = type.DefineMethod(function.Name, MethodAttributes.Public | MethodAttributes.Static, typeof(Task<object?>), [typeof(string)]);
        method.SetCustomAttribute(new CustomAttributeBuilder(typeof(FunctionNameAttribute).GetConstructor([typeof(string)])!, [function.Name]));
        var trigger = function.Kind == "orchestrationTrigger" ? typeof(OrchestrationTriggerAttribute) : typeof(ActivityTriggerAttribute);
        method.DefineParameter(1, ParameterAttributes.None, "trigger").SetCustomAttribute(new CustomAttributeBuilder(trigger.GetConstructor([])!, []));
        var code = method.GetILGenerator();
        code.Emit(OpCodes.Ldstr, function.Name);
        code.Emit(OpCodes.Ldarg_0);
        code.Emit(OpCodes.Call, typeof(Worker).GetMethod(nameof(Worker.Invoke))!);
        code.Emit(OpCodes.Ret);
    }
}

#pragma warning disable CS0618
sealed class WebHooks(string address) : IWebHookProvider
#pragma warning restore CS0618
{
    public Uri GetUrl(IExtensionConfigProvider extension) => new($"{address}runtime/webhooks/durabletask");
}

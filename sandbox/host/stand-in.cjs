// Stands in for `@azure/functions-core`, which the Functions worker injects: registrations go to the registry that the host
// has put up before loading the app. Source: Azure/azure-functions-nodejs-worker src/setupCoreModule.ts, types-core/index.d.ts.
"use strict";
const registry = globalThis[Symbol.for("sandbox.functions-registry")];

function Disposable(dispose) {
  this.dispose = dispose;
}

module.exports = {
  version: "3.9.1",
  hostVersion: "4.1048.0",
  Disposable,
  setProgrammingModel: (model) => registry.setProgrammingModel(model),
  getProgrammingModel: () => registry.programmingModel,
  registerFunction: (metadata, callback) => new Disposable(registry.registerFunction(metadata, callback)),
  registerHook: (name, callback) => new Disposable(registry.registerHook(name, callback)),
  log: (level, category, message) => registry.log(level, category, message),
};

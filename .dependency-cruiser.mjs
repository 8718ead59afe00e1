// Who may import whom: domain ← activities ← functions ← main; domain ← orchestrations ← functions; domain ← azure, storage ← main.
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^(src|sandbox|test)/", pathNot: allowed },
});

/** @type {import("dependency-cruiser").IConfiguration} */
// oxlint-disable-next-line import/no-default-export -- the tool reads the default export
export default {
  forbidden: [
    only("domain-is-pure", "^src/domain/", "^src/domain/", "the domain decides from values alone"),
    {
      name: "domain-has-no-packages",
      severity: "error",
      from: { path: "^src/domain/" },
      to: { dependencyTypes: ["core", "npm", "npm-dev", "npm-optional", "npm-peer"] },
    },
    {
      ...only("orchestrations-coordinate", "^src/orchestrations/", "", "orchestrations know activities by type and name only"),
      to: { path: "^(src|sandbox|test)/", pathNot: "^src/(orchestrations|domain)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "orchestrations-do-no-io",
      severity: "error",
      from: { path: "^src/orchestrations/" },
      to: { dependencyTypes: ["core", "npm"], pathNot: "node_modules/durable-functions" },
    },
    only(
      "activities-know-no-edge",
      "^src/activities/",
      "^src/(activities|domain)/|^src/log\\.ts$",
      "adapters reach activities through main",
    ),
    only("azure-translates", "^src/azure/", "^src/(azure|domain)/", "adapters know the domain's words and the SDKs"),
    only(
      "storage-keeps",
      "^src/storage/",
      "^src/(storage|domain|azure/(call-azure|classify-error|clients))",
      "storage knows the domain's words and the SDKs",
    ),
    only(
      "functions-call",
      "^src/functions/",
      "^src/(functions|activities|orchestrations|domain)/|^src/log\\.ts$",
      "triggers parse and call",
    ),
    only("main-is-the-top", "^src/(?!main\\.ts)", "^src/(?!main\\.ts)", "nothing imports the composition root"),
    {
      name: "azure-sdks-only-in-azure",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(azure|storage)/|^src/main\\.ts$" },
      to: { path: "node_modules/@azure/(arm-|keyvault|identity|eventgrid|data-tables|core-)" },
    },
    only("sandbox-is-independent", "^sandbox/", "^sandbox/", "a misreading shared with the product would agree with itself"),
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: "specify",
    tsConfig: { fileName: "tsconfig.json" },
  },
};

/**
 * What support can be asked, a few of it. Services as recorded (Azure/azure-cli-extensions, test_support_services.yaml, 2024-05): 300 of them, by
 * name, each with the types of resources that it is for, in whatever case. Of the classifications only those of Activity Logs are recorded.
 */
import { switchOf } from "../switches.ts";
import type { JsonObject, World } from "../world.ts";

export const SERVICES = "/providers/Microsoft.Support/services";

export const COSMOS_DB = "d9516a10-74b5-45f4-943d-a5281d7cf1bb";
const VCORE = "332c304e-d81f-fb73-53fa-32e02c9929b8";

type Service = { name: string; displayName: string; resourceTypes: string[]; classifications: (world: World) => Record<string, string> };

/** Support's own pages know the topic by this name (Azure/SelfHelpContent, cosmosdb-security-managedkeys.md); how the API calls it is documented nowhere. */
const aboutKeys = (world: World): Record<string, string> => {
  const topic = switchOf(world, "supportKeyTopic");
  return topic === "" ? {} : { "5a1e0c0d-0000-4000-8000-000000000003": topic };
};

const CATALOGUE: readonly Service[] = [
  {
    name: "484e2236-bc6d-b1bb-76d2-7d09278cf9ea",
    displayName: "Activity Logs",
    resourceTypes: [],
    classifications: () => ({ "c9805a0b-9410-1708-2989-0befc008e963": "Issues with Activity Log Alerts" }),
  },
  {
    name: VCORE,
    displayName: "Azure Cosmos DB for MongoDB (vCore)",
    resourceTypes: ["MICROSOFT.DOCUMENTDB/MONGOCLUSTERS"],
    classifications: (world) => ({ "5a1e0c0d-0000-4000-8000-000000000011": "Connectivity / Firewall", ...aboutKeys(world) }),
  },
  {
    name: "aec6da31-9ef4-f890-e34c-ec1fbac8e6b1",
    displayName: "Azure Cosmos DB for PostgreSQL",
    resourceTypes: [
      "MICROSOFT.DBFORPOSTGRESQL/SERVERSV2",
      "Microsoft.DBforPostgreSQL/servergroupsv2",
      "MICROSOFT.DBFORPOSTGRESQL/SERVERGROUPS",
    ],
    classifications: () => ({ "5a1e0c0d-0000-4000-8000-000000000021": "Security / Encryption" }),
  },
  {
    name: COSMOS_DB,
    displayName: "Cosmos DB",
    resourceTypes: ["MICROSOFT.DOCUMENTDB/DATABASEACCOUNTS"],
    classifications: (world) => ({
      "5a1e0c0d-0000-4000-8000-000000000001": "Performance / Partition keys",
      "5a1e0c0d-0000-4000-8000-000000000002": "Security / Firewall",
      ...aboutKeys(world),
    }),
  },
];

export const serviceNamed = (name: string): Service | undefined => CATALOGUE.find((one) => one.name === name.toLowerCase());

export const renderService = ({ name, displayName, resourceTypes }: Service): JsonObject => ({
  id: `${SERVICES}/${name}`,
  name,
  type: "Microsoft.Support/services",
  properties: { displayName, resourceTypes },
});

export const renderClassifications = (world: World, service: Service): JsonObject[] =>
  Object.entries(service.classifications(world)).map(([name, displayName]) => ({
    id: `${SERVICES}/${service.name}/problemClassifications/${name}`,
    name,
    type: "Microsoft.Support/problemClassifications",
    properties: { displayName },
  }));

export const allServices = (): JsonObject[] => CATALOGUE.map(renderService);

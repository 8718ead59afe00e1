/** What whoever takes over the identity that holds an action could do with it at worst: what Azure allows, not what Keymend does. */
export const worst: Readonly<Record<string, string>> = {
  "Microsoft.DocumentDB/databaseAccounts/read": "see accounts, their networks and key URIs; no data, no account keys",
  "Microsoft.DocumentDB/mongoClusters/read": "see clusters and the names of their administrators; no data, no connection strings",
  "Microsoft.DocumentDB/locations/*/read": "see how changes of databases went",
  "Microsoft.DocumentDB/databaseAccounts/operationResults/read": "see how a change of an account went",
  "Microsoft.KeyVault/vaults/read": "see vaults, their access policies and networks; no key, secret or certificate",
  "Microsoft.KeyVault/vaults/keys/read": "see keys, their attributes and public halves; neither use nor change them",
  "Microsoft.KeyVault/vaults/keys/versions/read": "see the versions of keys and their public halves",
  "Microsoft.KeyVault/deletedVaults/read": "see which vaults were deleted",
  "Microsoft.KeyVault/locations/deletedVaults/read": "see one vault that was deleted",
  "Microsoft.ManagedIdentity/userAssignedIdentities/read": "see identities and their object ids",
  "Microsoft.Authorization/roleAssignments/read": "see who may do what in the subscription",
  "Microsoft.Authorization/roleDefinitions/read": "see what roles allow",
  "Microsoft.Authorization/denyAssignments/read": "see what is denied to whom",
  "Microsoft.Insights/eventtypes/values/read": "read the activity log of the subscription: who changed what, and when",
  "Microsoft.Insights/metrics/read": "see how busy the resources of the subscription are: counts, no content",
  "Microsoft.EventGrid/systemTopics/read": "see system topics",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/read": "see where events are delivered; no secret of a destination",
  "Microsoft.Web/sites/functions/read": "see which functions an app has; no key of them",
  "Microsoft.KeyVault/vaults/keys/update/action":
    "disable keys, let them expire, or take operations away, and with that take every database on them down; not use, export or delete them",
  "Microsoft.KeyVault/vaults/keys/rotate/action":
    "make new versions of keys, which their databases move on to; those before stay as they are",
  "Microsoft.KeyVault/vaults/keys/write": "make new keys of any kind in these vaults; of keys that are there it changes nothing",
  "Microsoft.KeyVault/vaults/keys/recover/action": "bring back keys that somebody deleted on purpose",
  "Microsoft.Authorization/roleAssignments/write":
    "let any foreign service principal read, wrap and unwrap with the keys of these vaults; by the condition no other role, nobody else, and not Keymend itself",
  "Microsoft.Authorization/roleAssignments/delete":
    "take from any foreign service principal its role to read, wrap and unwrap with the keys of these vaults, and with that take every database on them down; by the condition no other role, nobody else, and not Keymend itself",
  "Microsoft.KeyVault/vaults/accessPolicies/write":
    "give anybody, itself too, every right on the keys, secrets and certificates of the access-policy vaults there: Azure has no condition for policies",
  "Microsoft.KeyVault/vaults/write":
    "all that a vault's settings allow: open its network, change its access policies or its permission model, turn on purge protection, which nobody can turn off again, make vaults; and bring deleted ones back",
  "Microsoft.DocumentDB/databaseAccounts/write":
    "open the network of any account of the subscription, change its backup, regions and key URI, or make accounts; not read its data or its keys",
  "Microsoft.DocumentDB/mongoClusters/write":
    "reset the password of a cluster's administrator and open its network, and so read and write all its data (Azure/azure-rest-api-specs, mongoClusters 2026-06-01, MongoClusterUpdateProperties): `allowClusterRepairs=false` leaves it out",
  "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action":
    "attach any identity of the subscription to a database that it may write; to anything else only together with the right to write that",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write":
    "make identities, which may do nothing until they are granted something; change tags of others",
  "Microsoft.EventGrid/systemTopics/write": "make system topics, and change those of the vaults",
  "Microsoft.EventGrid/systemTopics/eventSubscriptions/write": "send what happens to the vaults to somebody else, or to nobody",
  "Microsoft.EventGrid/eventSubscriptions/write": "the same, at the vault itself",
  "Microsoft.Support/supportTickets/read": "see the tickets of the subscription and what is written in them",
  "Microsoft.Support/supportTickets/write": "open tickets in anybody's name, and change those of others",
  "Microsoft.Support/operationsStatus/read": "see how the making of a ticket went",
};

// What Keymend may read and write in this subscription. Every write has above it the steps that need it.
targetScope = 'subscription'

param name string
param principalId string

@description('False: only what reading takes is assigned.')
param mayWrite bool

param allowAccessPolicyRepairs bool
param allowVaultRepairs bool
param allowIdentityRepairs bool

// Of custom roles the display name too must be the only one in the tenant (Microsoft Learn, "Azure custom roles").
var owner = '${name}, ${subscription().subscriptionId}'

var keyVaultCryptoServiceEncryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

resource watcher 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'watcher')
  properties: {
    roleName: 'Keymend Watcher (${owner})'
    description: 'Reads what is needed to tell why a database can not reach its key.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.DocumentDB/databaseAccounts/read'
          'Microsoft.DocumentDB/mongoClusters/read'
          'Microsoft.DocumentDB/locations/*/read'
          'Microsoft.DocumentDB/databaseAccounts/operationResults/read'
          'Microsoft.KeyVault/vaults/read'
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/versions/read'
          'Microsoft.KeyVault/deletedVaults/read'
          'Microsoft.ManagedIdentity/userAssignedIdentities/read'
          'Microsoft.Authorization/roleAssignments/read'
          'Microsoft.Authorization/roleDefinitions/read'
          'Microsoft.Authorization/denyAssignments/read'
          'Microsoft.Insights/eventtypes/values/read'
          'Microsoft.EventGrid/systemTopics/read'
          'Microsoft.EventGrid/systemTopics/eventSubscriptions/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource mender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'mender')
  properties: {
    roleName: 'Keymend Mender (${owner})'
    // DatabaseAccountUpdateProperties 2026-03-15 and MongoClusterUpdateProperties 2026-06-01 (Azure/azure-rest-api-specs).
    description: 'Points databases back at their own identity and key. Reads no data and no keys by itself, but the same writes can open the network of a database, and reset the administrator of a cluster.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: concat(
          [
            // SetKeyUri, AttachIdentity, SetDefaultIdentity, DetachIdentity
            'Microsoft.DocumentDB/databaseAccounts/write'
            // SetClusterEncryption, DetachIdentity
            'Microsoft.DocumentDB/mongoClusters/write'
            // AttachIdentity, SetClusterEncryption
            'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
            // RestoreEventSubscription
            'Microsoft.EventGrid/systemTopics/write'
            // RestoreEventSubscription
            'Microsoft.EventGrid/systemTopics/eventSubscriptions/write'
            // RestoreEventSubscription
            'Microsoft.EventGrid/eventSubscriptions/write'
            'Microsoft.Web/sites/functions/read'
          ],
          // AddAccessPolicyPermissions
          allowAccessPolicyRepairs ? ['Microsoft.KeyVault/vaults/accessPolicies/write'] : [],
          // RecoverVault, AllowTrustedServices
          allowVaultRepairs ? ['Microsoft.KeyVault/vaults/write', 'Microsoft.KeyVault/locations/deletedVaults/read'] : [],
          // CreateIdentity
          allowIdentityRepairs ? ['Microsoft.ManagedIdentity/userAssignedIdentities/write'] : []
        )
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

// Only one role, only to service principals, never to itself, and never a deletion.
resource granter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'granter')
  properties: {
    roleName: 'Keymend Granter (${owner})'
    description: 'Writes role assignments; assigned only with a condition that allows one role.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        // RestoreRoleAssignment, GrantKeyRole
        actions: ['Microsoft.Authorization/roleAssignments/write']
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

// Reading alone: a deleted key shows only on the data plane.
resource keyReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'key-reader')
  properties: {
    roleName: 'Keymend Key Reader (${owner})'
    description: 'Reads what keys there are, also deleted ones. Cannot use or change them.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['Microsoft.KeyVault/vaults/keys/read']
        notDataActions: []
      }
    ]
  }
}

// Assigned vault by vault.
resource keyKeeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, 'key-keeper')
  properties: {
    roleName: 'Keymend Key Keeper (${owner})'
    description: 'Reads, updates, rotates and recovers keys. Cannot use, create, export or delete them.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          // TagIntent, DisableKeyVersion, EnableKeyVersion, SetKeyNotBefore, ExtendKeyExpiry, RestoreKeyOperations, UntagIntent
          'Microsoft.KeyVault/vaults/keys/update/action'
          // CreateKeyVersion
          'Microsoft.KeyVault/vaults/keys/rotate/action'
          // RecoverKey
          'Microsoft.KeyVault/vaults/keys/recover/action'
        ]
        notDataActions: []
      }
    ]
  }
}

resource watches 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, watcher.id)
  properties: {
    roleDefinitionId: watcher.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource mends 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (mayWrite) {
  name: guid(subscription().id, principalId, mender.id)
  properties: {
    roleDefinitionId: mender.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource grants 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (mayWrite) {
  name: guid(subscription().id, principalId, granter.id)
  properties: {
    roleDefinitionId: granter.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    conditionVersion: '2.0'
    // Microsoft Learn, "Examples to delegate Azure role assignment management with conditions".
    condition: '((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${keyVaultCryptoServiceEncryptionUser}} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${principalId}})) AND ((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})))'
  }
}

output keyKeeperRoleId string = keyKeeper.id
output keyReaderRoleId string = keyReader.id

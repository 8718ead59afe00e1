// What Keymend may read and write, one custom role for what each capability takes at each kind of place. Every write has above it the steps
// that need it. Assigned here is what reaches over the subscription; what lies with the vaults, modules/vault-group.bicep assigns.
targetScope = 'subscription'

param name string

@description('Object ids by capability; one that is not there is not deployed, and neither are its roles.')
param principals object

param allowAccessPolicyRepairs bool
param allowVaultRepairs bool
param allowIdentityRepairs bool
param allowClusterRepairs bool
param allowRevocations bool

// Of custom roles the display name too must be the only one in the tenant (Microsoft Learn, "Azure custom roles").
var owner = '${name}, ${subscription().subscriptionId}'

// For observe: over the whole subscription.
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
          'Microsoft.Insights/metrics/read'
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

// For observe, assigned where the vaults are: a deleted key shows only on the data plane.
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

// For keys: assigned where the vaults are.
resource keyKeeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (contains(principals, 'keys')) {
  name: guid(subscription().id, name, 'key-keeper')
  properties: {
    roleName: 'Keymend Key Keeper (${owner})'
    description: 'Updates, rotates and recovers keys, and makes new ones. Cannot read, use, export or delete them.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        // Makes the first version of a key that is not there; of one that is it changes nothing (Keys - Create If Not Exist).
        actions: [
          // CreateKey
          'Microsoft.KeyVault/vaults/keys/write'
        ]
        notActions: []
        dataActions: [
          // TagIntent, DisableKeyVersion, PutBackKeyVersion, EnableKeyVersion, SetKeyNotBefore, ExtendKeyExpiry, RestoreKeyOperations, UntagIntent
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

// For access: assigned where the vaults are, with a condition.
resource granter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (contains(principals, 'access')) {
  name: guid(subscription().id, name, 'granter')
  properties: {
    roleName: 'Keymend Granter (${owner})'
    description: 'Writes role assignments, and deletes them where revocations are allowed; assigned only with a condition that allows one role.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: concat(
          [
            // RestoreRoleAssignment, GrantKeyRole
            'Microsoft.Authorization/roleAssignments/write'
          ],
          // No repair takes access away: this is for a revocation that somebody asks for.
          // RemoveGrant
          allowRevocations ? ['Microsoft.Authorization/roleAssignments/delete'] : [],
          // RemoveAccessPolicyPermissions, AddAccessPolicyPermissions
          allowAccessPolicyRepairs ? ['Microsoft.KeyVault/vaults/accessPolicies/write'] : []
        )
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

// For databases: wherever in the subscription they are.
resource databaseMender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (contains(principals, 'databases')) {
  name: guid(subscription().id, name, 'database-mender')
  properties: {
    roleName: 'Keymend Database Mender (${owner})'
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
            // AttachIdentity, SetClusterEncryption
            'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
          ],
          // Resets the administrator's password of a cluster, too (Microsoft.DocumentDB mongoClusters 2026-06-01, MongoClusterUpdateProperties).
          // SetClusterEncryption, DetachIdentity
          allowClusterRepairs ? ['Microsoft.DocumentDB/mongoClusters/write'] : [],
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

// For vaults: assigned where they are.
resource vaultMender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (contains(principals, 'vaults')) {
  name: guid(subscription().id, name, 'vault-mender')
  properties: {
    roleName: 'Keymend Vault Mender (${owner})'
    description: 'Recovers vaults, lets trusted services in, and has events delivered. Cannot read or use what is in them.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: concat(
          [
            // RestoreEventSubscription
            'Microsoft.EventGrid/systemTopics/write'
            // RestoreEventSubscription
            'Microsoft.EventGrid/systemTopics/eventSubscriptions/write'
            // RestoreEventSubscription
            'Microsoft.EventGrid/eventSubscriptions/write'
          ],
          // RecoverVault, EnablePurgeProtection, AllowTrustedServices
          allowVaultRepairs ? ['Microsoft.KeyVault/vaults/write'] : []
        )
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

// Read in the course of those writes, where no vault is: a deleted one lies with the subscription, a function with the app.
resource vaultFinder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (contains(principals, 'vaults')) {
  name: guid(subscription().id, name, 'vault-finder')
  properties: {
    roleName: 'Keymend Vault Finder (${owner})'
    description: 'Finds deleted vaults, and the functions that events go to.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: concat(
          ['Microsoft.Web/sites/functions/read'],
          allowVaultRepairs ? ['Microsoft.KeyVault/locations/deletedVaults/read'] : []
        )
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource watches 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principals.observe, watcher.id)
  properties: {
    roleDefinitionId: watcher.id
    principalId: principals.observe
    principalType: 'ServicePrincipal'
  }
}

resource mendsDatabases 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (contains(principals, 'databases')) {
  name: guid(subscription().id, principals.databases, databaseMender.id)
  properties: {
    roleDefinitionId: databaseMender.id
    principalId: principals.databases
    principalType: 'ServicePrincipal'
  }
}

resource findsVaults 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (contains(principals, 'vaults')) {
  name: guid(subscription().id, principals.vaults, vaultFinder.id)
  properties: {
    roleDefinitionId: vaultFinder.id
    principalId: principals.vaults
    principalType: 'ServicePrincipal'
  }
}

@description('For modules/vault-group.bicep.')
output roles object = {
  keyReader: keyReader.id
  keyKeeper: keyKeeper.id
  granter: granter.id
  vaultMender: vaultMender.id
}

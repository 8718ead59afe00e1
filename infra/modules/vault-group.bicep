// What Keymend may do in one resource group with watched vaults. Not at the vaults: a vault that is deleted takes what is assigned at it
// along, and its recovery does not bring that back (Microsoft Learn, "Azure Key Vault soft-delete overview"), so that nobody could mend it.
// On an access-policy vault roles on keys do nothing: there id-NAME-observe needs get and list, id-NAME-keys needs update, rotate and recover.

@description('Object ids by capability; one that is not there is not deployed.')
param principals object

@description('The roles, as modules/roles.bicep puts them out.')
param roles object

var keyVaultCryptoServiceEncryptionUser = 'e147488a-f6f5-4113-8e2d-b22465e65bf6'

var own = concat(
  [principals.observe],
  contains(principals, 'keys') ? [principals.keys] : [],
  contains(principals, 'access') ? [principals.access] : [],
  contains(principals, 'databases') ? [principals.databases] : [],
  contains(principals, 'vaults') ? [principals.vaults] : [],
  contains(principals, 'support') ? [principals.support] : []
)

resource readsKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principals.observe, roles.keyReader)
  properties: {
    roleDefinitionId: roles.keyReader
    principalId: principals.observe
    principalType: 'ServicePrincipal'
  }
}

resource keepsKeys 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (contains(principals, 'keys')) {
  name: guid(resourceGroup().id, principals.keys, roles.keyKeeper)
  properties: {
    roleDefinitionId: roles.keyKeeper
    principalId: principals.keys
    principalType: 'ServicePrincipal'
  }
}

resource grants 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (contains(principals, 'access')) {
  name: guid(resourceGroup().id, principals.access, roles.granter)
  properties: {
    roleDefinitionId: roles.granter
    principalId: principals.access
    principalType: 'ServicePrincipal'
    conditionVersion: '2.0'
    // Only one role, given to and taken from service principals alone, and never Keymend itself.
    // Microsoft Learn, "Examples to delegate Azure role assignment management with conditions".
    condition: '((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/write\'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${keyVaultCryptoServiceEncryptionUser}} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${join(own, ', ')}})) AND ((!(ActionMatches{\'Microsoft.Authorization/roleAssignments/delete\'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${keyVaultCryptoServiceEncryptionUser}} AND @Resource[Microsoft.Authorization/roleAssignments:PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {\'ServicePrincipal\'} AND @Resource[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAllValues:GuidNotEquals {${join(own, ', ')}}))'
  }
}

resource mendsVaults 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (contains(principals, 'vaults')) {
  name: guid(resourceGroup().id, principals.vaults, roles.vaultMender)
  properties: {
    roleDefinitionId: roles.vaultMender
    principalId: principals.vaults
    principalType: 'ServicePrincipal'
  }
}

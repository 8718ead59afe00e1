// Keymend's hold on the keys of one RBAC vault. On an access-policy vault this does nothing: add get, list, update, rotate and recover there.
param vaultName string
param principalId string
param keyRoleId string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource keeps 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, keyRoleId)
  properties: {
    roleDefinitionId: keyRoleId
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

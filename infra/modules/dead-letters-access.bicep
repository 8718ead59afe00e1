// The one role of the identity that writes what could not be delivered.
param storageName string
param containerName string

@description('Handed in, for the name: an identity that was made anew has the same id, but an assignment never takes another principal.')
param principalId string

param role string

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  name: '${storageName}/default/${containerName}'
}

resource writes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: container
  name: guid(container.id, principalId, role)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

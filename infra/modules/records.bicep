// What is to outlive the app: incidents, audit and baseline as tables, and the anchors of the audit. An account of its own, as versioning
// holds for a whole account; beside them lies only what could not be delivered (dead-letters.bicep). The deployment has it locked.
import { storageBlobDataOwner, storageTableDataContributor } from 'built-in-roles.bicep'

param storageName string
param location string
param storageSku string
param publicNetworkAccess string
param principalId string

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: storageName
  location: location
  kind: 'StorageV2'
  sku: { name: storageSku }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: publicNetworkAccess
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: storage
  name: 'default'
  properties: {
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: 30 }
    containerDeleteRetentionPolicy: { enabled: true, days: 30 }
  }
}

// The app locks each blob as it writes it: a policy of the container could be locked only by hand, and then be deployed no more
// (Microsoft Learn, "Version-level WORM policies for immutable blob data").
resource anchors 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'anchors'
  properties: { immutableStorageWithVersioning: { enabled: true } }
}

resource writesTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: storage
  name: guid(storage.id, principalId, storageTableDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageTableDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// To lock a blob takes runAsSuperUser, which no lesser role has (Microsoft Learn, REST, "Set Blob Immutability Policy"); a locked one it can't take away.
resource writesAnchors 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: anchors
  name: guid(anchors.id, principalId, storageBlobDataOwner)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', storageBlobDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output storageId string = storage.id
output tableEndpoint string = storage.properties.primaryEndpoints.table
output anchorContainer string = '${storage.properties.primaryEndpoints.blob}${anchors.name}'

// Where events go that could not be delivered, and the identity that Event Grid writes them as: the storage takes no keys.
import { storageBlobDataContributor } from 'built-in-roles.bicep'

param name string
param location string
param storageName string
param identityName string

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: storage::blobs
  name: 'dead-letters'
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
}

// The role that dead-lettering asks for (Microsoft Learn, "Grant managed identity the access to Event Grid destination").
module access 'dead-letters-access.bicep' = {
  name: '${name}-dead-letters-access'
  params: {
    storageName: storage.name
    containerName: container.name
    principalId: identity.properties.principalId
    role: storageBlobDataContributor
  }
}

output place object = { storageId: storage.id, container: container.name, identityId: identity.id }

// The events of one vault. A vault has one system topic at most: an existing one is reused.
@description('The name of the deployment: another Keymend may listen at the same topic.')
param name string

param vaultName string

@description('Handed in: a location must be known when this deployment starts, and reading it here from the vault is later.')
param vaultLocation string

param topicName string
param reuseTopic bool
param functionAppId string

@description('Where events go that can not be delivered: storageId, container, and identityId of who writes them; null: nowhere.')
param deadLetters object?

// Only with the topic's own identity: a topic that was there already may have none.
var keptBy = reuseTopic ? '' : deadLetters.?identityId ?? ''

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

resource made 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (!reuseTopic) {
  name: topicName
  location: vaultLocation
  identity: empty(keptBy) ? null : { type: 'UserAssigned', userAssignedIdentities: { '${keptBy}': {} } }
  properties: {
    source: vault.id
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource onKeyVaultEvent 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: '${name}-keys'
  dependsOn: [made]
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/onKeyVaultEvent'
        maxEventsPerBatch: 1
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.KeyVault.KeyNearExpiry'
        'Microsoft.KeyVault.KeyExpired'
        'Microsoft.KeyVault.KeyNewVersionCreated'
        'Microsoft.KeyVault.VaultAccessPolicyChanged'
      ]
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: empty(keptBy)
      ? null
      : {
          identity: { type: 'UserAssigned', userAssignedIdentity: keptBy }
          deadLetterDestination: {
            endpointType: 'StorageBlob'
            properties: { resourceId: deadLetters!.storageId, blobContainerName: deadLetters!.container }
          }
        }
  }
}

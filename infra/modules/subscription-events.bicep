// The events of the subscription's own resources: what can take a key away at the management plane. Without a dead-letter container: the topic
// of a subscription is global and can have no identity to write one with (Microsoft Learn, "Assign a system-managed identity to an Event
// Grid system topic": global Azure sources), and the storage takes no keys. What is dropped is told by an alert (lost-events.bicep).
@description('The name of the deployment: another Keymend may listen at the same topic.')
param name string

param topicName string
param reuseTopic bool
param functionAppId string

resource made 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (!reuseTopic) {
  name: topicName
  location: 'global'
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource onResourceEvent 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: '${name}-resources'
  dependsOn: [made]
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/onResourceEvent'
        maxEventsPerBatch: 1
      }
    }
    filter: {
      includedEventTypes: [
        'Microsoft.Resources.ResourceWriteSuccess'
        'Microsoft.Resources.ResourceDeleteSuccess'
        'Microsoft.Resources.ResourceActionSuccess'
      ]
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.operationName'
          values: [
            'Microsoft.Authorization/roleAssignments/delete'
            'Microsoft.Authorization/roleAssignments/write'
            'Microsoft.Authorization/denyAssignments/delete'
            'Microsoft.Authorization/denyAssignments/write'
            'Microsoft.KeyVault/vaults/write'
            'Microsoft.KeyVault/vaults/delete'
            'Microsoft.KeyVault/vaults/accessPolicies/write'
            'Microsoft.KeyVault/locations/deletedVaults/purge/action'
            'Microsoft.ManagedIdentity/userAssignedIdentities/delete'
            'Microsoft.ManagedIdentity/userAssignedIdentities/write'
            'Microsoft.DocumentDB/databaseAccounts/write'
            'Microsoft.DocumentDB/mongoClusters/write'
            'Microsoft.Network/networkSecurityPerimeters/resourceAssociations/delete'
            'Microsoft.Network/networkSecurityPerimeters/resourceAssociations/write'
            'Microsoft.Resources/subscriptions/resourceGroups/delete'
            'Microsoft.Resources/subscriptions/resourceGroups/moveResources/action'
          ]
        }
      ]
    }
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
  }
}

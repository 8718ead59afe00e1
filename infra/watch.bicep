// A further subscription that a Keymend watches, deployed once in each: what Keymend may do there, and the events of that subscription. The app
// is where main.bicep made it, with its events, and hears of this subscription by the parameter watchedSubscriptions there. Vaults are on no
// list: Keymend finds them by their databases, and arms them itself.
targetScope = 'subscription'

@description('Region of the resource group, where one is made.')
param location string = deployment().location

@description('Resource group of the subscription\'s system topic; made if there is no topic yet.')
param resourceGroupName string = 'rg-keymend'

@description('The name that main.bicep was given.')
@minLength(3)
@maxLength(11)
param name string = 'keymend'

@description('Output functionAppId of main.bicep: where the events go.')
param functionAppId string

@description('Output principalIds of main.bicep: Keymend\'s identities, object ids by capability.')
param principals object

@description('Names of the resource groups that the vaults are in, whichever these are.')
param vaultGroups string[]

@description('As in main.bicep.')
param allowAccessPolicyRepairs bool = false

@description('As in main.bicep.')
param allowVaultRepairs bool = false

@description('As in main.bicep.')
param allowIdentityRepairs bool = false

@description('As in main.bicep.')
param allowClusterRepairs bool = true

@description('As in main.bicep.')
param allowRevocations bool = false

@description('The system topic of this subscription where it has one already (only one is allowed): its name, where it is in the resource group above, or its resource id.')
param subscriptionTopicName string = ''

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = if (empty(subscriptionTopicName)) {
  name: resourceGroupName
  location: location
}

module roles 'modules/roles.bicep' = {
  name: '${name}-roles'
  params: {
    name: name
    principals: principals
    allowAccessPolicyRepairs: allowAccessPolicyRepairs
    allowVaultRepairs: allowVaultRepairs
    allowIdentityRepairs: allowIdentityRepairs
    allowClusterRepairs: allowClusterRepairs
    allowRevocations: allowRevocations
  }
}

module support 'modules/support.bicep' = if (contains(principals, 'support')) {
  name: '${name}-support'
  params: {
    principalId: principals.?support ?? ''
    owner: '${name}, ${subscription().subscriptionId}'
  }
}

module vaultGroup 'modules/vault-group.bicep' = [for (group, i) in vaultGroups: {
  name: '${name}-vault-group-${i}'
  scope: resourceGroup(group)
  params: {
    principals: principals
    roles: roles.outputs.roles
  }
}]

module subscriptionEvents 'modules/subscription-events.bicep' = {
  name: '${name}-events-subscription'
  scope: resourceGroup(split(subscriptionTopicName, '/')[?4] ?? resourceGroupName)
  params: {
    name: name
    topicName: empty(subscriptionTopicName) ? '${name}-subscription' : last(split(subscriptionTopicName, '/'))
    reuseTopic: !empty(subscriptionTopicName)
    functionAppId: functionAppId
  }
  dependsOn: [group]
}

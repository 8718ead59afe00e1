// Further subscriptions that a Keymend watches, all at once: a deployment in the management group that they are under, which puts watch.bicep
// into each of those that are named. No role lies at the group itself: that would reach subscriptions that come later, with nobody asked.
targetScope = 'managementGroup'

@description('Those that are watched: id, a GUID; vaultGroups and subscriptionTopicName as in watch.bicep.')
param subscriptions watchedSubscription[]

@description('Region of the resource groups, where one is made, and of what is kept of each deployment.')
param location string = deployment().location

@description('As in watch.bicep.')
param resourceGroupName string = 'rg-keymend'

@description('The name that main.bicep was given.')
@minLength(3)
@maxLength(11)
param name string = 'keymend'

@description('Output functionAppId of main.bicep: where the events go.')
param functionAppId string

@description('Output principalIds of main.bicep: Keymend\'s identities, object ids by capability.')
param principals object

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

type watchedSubscription = {
  id: string
  vaultGroups: string[]
  subscriptionTopicName: string?
}

// By the id: one that is named in another place of the list stays the deployment it was.
module watch 'watch.bicep' = [for one in subscriptions: {
  name: '${name}-watch-${one.id}'
  scope: subscription(one.id)
  params: {
    location: location
    resourceGroupName: resourceGroupName
    name: name
    functionAppId: functionAppId
    principals: principals
    vaultGroups: one.vaultGroups
    allowAccessPolicyRepairs: allowAccessPolicyRepairs
    allowVaultRepairs: allowVaultRepairs
    allowIdentityRepairs: allowIdentityRepairs
    allowClusterRepairs: allowClusterRepairs
    allowRevocations: allowRevocations
    subscriptionTopicName: one.?subscriptionTopicName ?? ''
  }
}]

// Private endpoints of one kind, and the private DNS zone by which the app's network finds them
// (Microsoft Learn, "Azure Private Endpoint private DNS zone values"; Azure-Samples/functions-quickstart-javascript-azd, infra/app).
param name string
param location string

@description('The part of a service that is reached, which Azure calls a group.')
@allowed(['blob', 'queue', 'table', 'vault'])
param kind string

@description('Where the endpoints are.')
param subnetId string

@description('Who is to find them: the network that the app speaks from.')
param networkId string

@description('The zone, where the network has one already: it can be linked to one of a name only. Empty: one is made.')
param zoneId string

@description('Resource ids of what the endpoints are for.')
param targets string[]

// The one name that is not made of the public one: `.vault.azure.net` has its addresses in `privatelink.vaultcore.azure.net`, in every cloud.
var suffix = kind == 'vault' ? replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.') : '.${kind}.${environment().suffixes.storage}'

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (empty(zoneId)) {
  name: 'privatelink${suffix}'
  location: 'global'

  resource link 'virtualNetworkLinks' = {
    name: name
    location: 'global'
    properties: {
      registrationEnabled: false
      // What has a private endpoint elsewhere and none here is found as before; else the network would lose it by this zone
      // (Microsoft Learn, "Fallback to internet for Azure Private DNS zones").
      resolutionPolicy: 'NxDomainRedirect'
      virtualNetwork: { id: networkId }
    }
  }
}

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [for id in targets: {
  name: 'pe-${name}-${last(split(id, '/'))}-${kind}'
  location: location
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: kind
        properties: { privateLinkServiceId: id, groupIds: [kind] }
      }
    ]
  }
}]

resource addresses 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [for (id, i) in targets: {
  parent: endpoints[i]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: kind
        properties: { privateDnsZoneId: empty(zoneId) ? zone.id : zoneId }
      }
    ]
  }
}]

// Keymend's own identities, one for each capability: what one of them may do, none of the others may.
param name string
param location string

@description('observe first: it reads, and the app runs as it.')
param capabilities string[]

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = [for capability in capabilities: {
  name: 'id-${name}-${capability}'
  location: location
}]

output identities array = [for (capability, i) in capabilities: {
  capability: capability
  id: identities[i].id
  clientId: identities[i].properties.clientId
  principalId: identities[i].properties.principalId
}]

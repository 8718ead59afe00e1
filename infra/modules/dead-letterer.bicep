// Keymend makes the topic of a vault that it arms with the identity that keeps what could not be delivered: to give a resource that identity
// takes the right at the identity (Microsoft Learn, "Manage user-assigned managed identities": Managed Identity Operator has it, and more).
param identityName string
param principalId string

@description('Of custom roles the display name too must be the only one in the tenant (Microsoft Learn, "Azure custom roles").')
param owner string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource deadLetterer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, owner, 'dead-letterer')
  properties: {
    roleName: 'Keymend Dead Letterer (${owner})'
    description: 'Gives a topic the identity that keeps what could not be delivered.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        // RestoreEventSubscription
        actions: ['Microsoft.ManagedIdentity/userAssignedIdentities/assign/action']
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource gives 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: identity
  name: guid(identity.id, principalId, deadLetterer.id)
  properties: {
    roleDefinitionId: deadLetterer.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

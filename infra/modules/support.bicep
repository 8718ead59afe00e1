// What Keymend may do at Microsoft support: open tickets of this subscription and see them, by an identity of its own. Microsoft Learn, "Azure
// Support REST API", names Support Request Contributor, which may do more; what can be asked is listed at no subscription, and takes no role in one.
targetScope = 'subscription'

param principalId string

@description('Of custom roles the display name too must be the only one in the tenant (Microsoft Learn, "Azure custom roles").')
param owner string

resource supportCaller 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, owner, 'support-caller')
  properties: {
    roleName: 'Keymend Support Caller (${owner})'
    description: 'Opens tickets at Microsoft support and sees them. The same write can change a ticket.'
    type: 'CustomRole'
    assignableScopes: [subscription().id]
    permissions: [
      {
        actions: [
          'Microsoft.Support/supportTickets/read'
          'Microsoft.Support/supportTickets/write'
          'Microsoft.Support/operationsStatus/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource asks 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, supportCaller.id)
  properties: {
    roleDefinitionId: supportCaller.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

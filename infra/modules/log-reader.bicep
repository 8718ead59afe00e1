// What Keymend may read of the Log Analytics workspace that the vaults send their audit log to: who changed a key, and nothing of other tables.
param workspaceName string
param principalId string

@description('Of custom roles the display name too must be the only one in the tenant (Microsoft Learn, "Azure custom roles").')
param owner string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource logReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, owner, 'log-reader')
  properties: {
    roleName: 'Keymend Log Reader (${owner})'
    description: 'Reads who changed a key, from the audit log of key vaults.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.OperationalInsights/workspaces/query/read'
          'Microsoft.OperationalInsights/workspaces/query/AZKVAuditLogs/read'
          'Microsoft.OperationalInsights/workspaces/query/AzureDiagnostics/read'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workspace
  name: guid(workspace.id, principalId, logReader.id)
  properties: {
    roleDefinitionId: logReader.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

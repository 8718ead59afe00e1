// The function app on Flex Consumption, its storage and Application Insights. No keys anywhere: identities only.
param name string
param location string
param storageSku string
param mode string
param watchedSubscriptions string[]
param apiAudience string
param firstPartyPrincipalId string
param privilegedCallers string[]
param logWorkspaceId string
param supportContact string
param outcomeTopicEndpoint string
param instanceMemoryMB int
param recordsRetention string

@description('The name of the identity that keeps what could not be delivered, also of vaults that Keymend arms: modules/dead-letters.bicep makes it later. Empty: of those nothing is kept.')
param deadLetterer string

param subnetId string
param endpointSubnetId string
param privateDnsZones object
param logRetentionDays int
param overrides object

@description('As modules/identities.bicep puts them out.')
param identities array

@description('What the roles hold beside, as the app is told: it says where they do not.')
param allowedRepairs string[]

var suffix = uniqueString(resourceGroup().id, name)
var storageName = take('${name}${suffix}', 24)
var recordsName = take('${name}rec${suffix}', 24)
var packages = 'packages'
var appName = 'func-${name}-${suffix}'
var appId = resourceId('Microsoft.Web/sites', appName)

// The app runs as the one that reads: it reaches its own storage, publishes its telemetry, fetches its code.
var identity = identities[0]

// Code, and what Durable keeps while it works; the records are elsewhere (records.bicep).
resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: storageName
  location: location
  kind: 'StorageV2'
  sku: { name: storageSku }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    minimumTlsVersion: 'TLS1_2'
    // Said in either case: a deployment that says nothing of it would leave it closed, with no way in.
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: storage
  name: 'default'
}

resource packagesContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: packages
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'log-${name}'
  location: location
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logRetentionDays
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${name}'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
    DisableLocalAuth: true
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, name, 'workbook')
  location: location
  kind: 'shared'
  properties: {
    displayName: 'Keymend (${name})'
    category: 'workbook'
    sourceId: insights.id
    // Opened from a link or a pin it has no resource to ask (microsoft/Application-Insights-Workbooks, schema/workbook.json:
    // fallbackResourceIds, "no explicit context passed in").
    serializedData: string(union(loadJsonContent('workbook.json'), { fallbackResourceIds: [insights.id] }))
  }
}

module access 'app-access.bicep' = {
  name: '${name}-access'
  params: {
    storageName: storage.name
    insightsName: insights.name
    principalId: identity.principalId
  }
}

module records 'records.bicep' = {
  name: '${name}-records'
  params: {
    storageName: recordsName
    location: location
    storageSku: storageSku
    publicNetworkAccess: empty(endpointSubnetId) ? 'Enabled' : 'Disabled'
    principalId: identity.principalId
  }
}

// What is kept in each: the app's own has blobs (the code), queues and tables (Durable), the records have no queue.
var stores = {
  blob: [storageName, recordsName]
  queue: [storageName]
  table: [storageName, recordsName]
}

module endpoints 'private-endpoints.bicep' = [for store in items(stores): if (!empty(endpointSubnetId)) {
  name: '${name}-endpoints-${store.key}'
  params: {
    name: name
    location: location
    kind: store.key
    subnetId: endpointSubnetId
    networkId: join(take(split(subnetId, '/'), 9), '/')
    zoneId: privateDnsZones[?store.key] ?? ''
    targets: map(store.value, account => resourceId('Microsoft.Storage/storageAccounts', account))
  }
  dependsOn: [storage, records]
}]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

// The container as modules/dead-letters.bicep names it.
var deadLetters = empty(deadLetterer) ? '' : '${resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', deadLetterer)}=${records.outputs.storageId}/blobServices/default/containers/dead-letters'

// Of a bare name the host and Durable make an address of the public cloud, whichever they are in (Azure/azure-functions-host,
// StorageServiceUriOptions; Azure/azure-functions-durable-extension, AzureStorageAccountOptions: DefaultEndpointSuffix). There it is the name
// all the same: with the whole addresses the host fails to reach it now and then (Azure/azure-functions-host issues 11782 and 11787).
var hostStorage = environment().name == 'AzureCloud'
  ? { AzureWebJobsStorage__accountName: storage.name }
  : {
      AzureWebJobsStorage__blobServiceUri: storage.properties.primaryEndpoints.blob
      AzureWebJobsStorage__queueServiceUri: storage.properties.primaryEndpoints.queue
      AzureWebJobsStorage__tableServiceUri: storage.properties.primaryEndpoints.table
    }

// What a deployment decides; everything else has its default in the app (docs/settings.md) and is set by `overrides` alone.
var settings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  // The host tells of its invocations as OpenTelemetry does, and leaves out none: by default it keeps five a second and drops the lines of
  // the others with them, which alerts go by (Azure Monitor OpenTelemetry Exporter, TracesPerSecond and EnableTraceBasedLogsSampler).
  AzureFunctionsJobHost__telemetryMode: 'OpenTelemetry'
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1.0'
  // The exporters' own statistics would go to Microsoft: of the app (Azure/azure-sdk-for-js, monitor-opentelemetry-exporter, Constants.ts) and
  // of the host (Azure/azure-sdk-for-net, Azure.Monitor.OpenTelemetry.Exporter, EnvironmentVariableConstants.cs and AzureMonitorTransmitter.cs).
  APPLICATION_INSIGHTS_NO_STATSBEAT: 'true'
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED: 'true'
  KEYMEND_MODE: mode
  KEYMEND_CLOUD: environment().name
  KEYMEND_SUBSCRIPTIONS: join(union([subscription().subscriptionId], watchedSubscriptions), ',')
  KEYMEND_TENANT_ID: subscription().tenantId
  KEYMEND_IDENTITIES: join(map(identities, one => '${one.capability}=${one.clientId}:${one.principalId}'), ',')
  KEYMEND_ALLOWED_REPAIRS: join(allowedRepairs, ',')
  KEYMEND_FIRST_PARTY_PRINCIPAL_ID: firstPartyPrincipalId
  KEYMEND_API_AUDIENCE: apiAudience
  KEYMEND_TABLE_ENDPOINT: records.outputs.tableEndpoint
  KEYMEND_ANCHOR_CONTAINER: records.outputs.anchorContainer
  KEYMEND_ANCHOR_RETENTION: recordsRetention
  KEYMEND_PRIVILEGED_CALLERS: join(privilegedCallers, ',')
  KEYMEND_LOG_WORKSPACE: logWorkspaceId
  KEYMEND_SUPPORT_CONTACT: supportContact
  KEYMEND_FUNCTION_APP: appId
  KEYMEND_DEAD_LETTERS: deadLetters
  KEYMEND_OUTCOME_TOPIC_ENDPOINT: outcomeTopicEndpoint
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(identities, one => one.id, one => {})
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Who reads the secrets that settings refer to; without it that is the app's own identity, which there is none of.
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packages}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'node', version: '22' }
      scaleAndConcurrency: {
        maximumInstanceCount: 40
        instanceMemoryMB: instanceMemoryMB
        // One instance kept warm for Durable: a cold start eats into the hour before the service looks again.
        alwaysReady: [{ name: 'durable', instanceCount: 1 }]
      }
    }
    // Nothing of FTPS here: Flex Consumption has none, and newer regions refuse a site that speaks of it (Microsoft Learn, "App settings
    // reference for Azure Functions": Flex Consumption plan deprecations; Azure/terraform-azurerm-avm-res-web-site, tests: ARM 51021).
    siteConfig: {
      minTlsVersion: '1.2'
      // No for-expression: that takes only what is known when the deployment starts, and the identity's ids are not.
      appSettings: map(items(union(settings, hostStorage, overrides)), setting => { name: setting.key, value: setting.value })
    }
  }
  dependsOn: [packagesContainer, access, endpoints]
}

// Whoever knows a publishing password writes the code: nobody does, Core Tools and pipelines publish with a token
// (Microsoft Learn, "Disable basic authentication in App Service deployments").
resource noPasswordForScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource noPasswordForFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

output functionAppId string = app.id
output functionAppName string = app.name
output apiUrl string = 'https://${app.properties.defaultHostName}/api'
output storageId string = records.outputs.storageId
output insightsName string = insights.name

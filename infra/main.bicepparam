// The parameters of main.bicep from the environment: azd keeps them for each of its environments (`azd env set KEYMEND_MODE heal`),
// a pipeline in its variables. docs/deploy.md says what each means.
using 'main.bicep'

param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param resourceGroupName = readEnvironmentVariable('KEYMEND_RESOURCE_GROUP', 'rg-keymend')
param name = readEnvironmentVariable('KEYMEND_NAME', 'keymend')
param mode = readEnvironmentVariable('KEYMEND_MODE', 'observe')
param storageSku = readEnvironmentVariable('KEYMEND_STORAGE_SKU', 'Standard_ZRS')
param apiAudience = readEnvironmentVariable('KEYMEND_API_AUDIENCE')
param watchedSubscriptions = filter(map(split(readEnvironmentVariable('KEYMEND_WATCHED_SUBSCRIPTIONS', ''), ','), id => trim(id)), id => !empty(id))
param vaultGroups = filter(map(split(readEnvironmentVariable('KEYMEND_VAULT_GROUPS', ''), ','), group => trim(group)), group => !empty(group))
// Resource ids, with commas between; ID=TOPIC where the vault has a system topic already.
param vaults = map(filter(split(readEnvironmentVariable('KEYMEND_VAULTS', ''), ','), vault => !empty(trim(vault))), vault => contains(vault, '=') ? {
  id: trim(first(split(vault, '=')))
  topicName: trim(last(split(vault, '=')))
} : {
  id: trim(vault)
})
param subscriptionTopicName = readEnvironmentVariable('KEYMEND_SUBSCRIPTION_TOPIC', '')
param firstPartyPrincipalId = readEnvironmentVariable('KEYMEND_FIRST_PARTY_PRINCIPAL_ID', '')
param privilegedCallers = filter(map(split(readEnvironmentVariable('KEYMEND_PRIVILEGED_CALLERS', ''), ','), caller => trim(caller)), caller => !empty(caller))
param allowAccessPolicyRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_ACCESS_POLICY_REPAIRS', 'false'))
param allowVaultRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_VAULT_REPAIRS', 'false'))
param allowIdentityRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_IDENTITY_REPAIRS', 'false'))
param allowClusterRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_CLUSTER_REPAIRS', 'true'))
param allowRevocations = bool(readEnvironmentVariable('KEYMEND_ALLOW_REVOCATIONS', 'false'))
param repairs = any(filter(split(readEnvironmentVariable('KEYMEND_REPAIRS', 'keys,access,databases,vaults'), ','), repair => !empty(repair)))
param outcomeTopicEndpoint = readEnvironmentVariable('KEYMEND_OUTCOME_TOPIC_ENDPOINT', '')
param logWorkspaceId = readEnvironmentVariable('KEYMEND_LOG_WORKSPACE', '')
param logWorkspaceResourceId = readEnvironmentVariable('KEYMEND_LOG_WORKSPACE_RESOURCE_ID', '')
param alertEmails = filter(map(split(readEnvironmentVariable('KEYMEND_ALERT_EMAILS', ''), ','), email => trim(email)), email => !empty(email))
param actionGroupId = readEnvironmentVariable('KEYMEND_ACTION_GROUP_ID', '')
param instanceMemoryMB = any(int(readEnvironmentVariable('KEYMEND_INSTANCE_MEMORY_MB', '512')))
param subnetId = readEnvironmentVariable('KEYMEND_SUBNET_ID', '')
param endpointSubnetId = readEnvironmentVariable('KEYMEND_ENDPOINT_SUBNET_ID', '')
param privateVaults = filter(map(split(readEnvironmentVariable('KEYMEND_PRIVATE_VAULTS', ''), ','), id => trim(id)), id => !empty(id))
param privateDnsZones = json(readEnvironmentVariable('KEYMEND_PRIVATE_DNS_ZONES', '{}'))
param recordsRetention = readEnvironmentVariable('KEYMEND_RECORDS_RETENTION', 'P365D')
param logRetentionDays = int(readEnvironmentVariable('KEYMEND_LOG_RETENTION_DAYS', '90'))
param settings = json(readEnvironmentVariable('KEYMEND_SETTINGS', '{}'))
param packageUri = readEnvironmentVariable('KEYMEND_PACKAGE_URI', '')
// Set by the hook that runs once the code is published.
param deployEvents = bool(readEnvironmentVariable('KEYMEND_DEPLOY_EVENTS', 'false'))

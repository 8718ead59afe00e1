// The parameters of watch.bicep from the environment of a pipeline. docs/deploy.md says what each means.
using 'watch.bicep'

param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param resourceGroupName = readEnvironmentVariable('KEYMEND_RESOURCE_GROUP', 'rg-keymend')
param name = readEnvironmentVariable('KEYMEND_NAME', 'keymend')
param functionAppId = readEnvironmentVariable('KEYMEND_FUNCTION_APP')
// As main.bicep puts them out: JSON.
param principals = json(readEnvironmentVariable('KEYMEND_PRINCIPALS'))
param vaultGroups = filter(map(split(readEnvironmentVariable('KEYMEND_VAULT_GROUPS', ''), ','), group => trim(group)), group => !empty(group))
param allowAccessPolicyRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_ACCESS_POLICY_REPAIRS', 'false'))
param allowVaultRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_VAULT_REPAIRS', 'false'))
param allowIdentityRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_IDENTITY_REPAIRS', 'false'))
param allowClusterRepairs = bool(readEnvironmentVariable('KEYMEND_ALLOW_CLUSTER_REPAIRS', 'true'))
param allowRevocations = bool(readEnvironmentVariable('KEYMEND_ALLOW_REVOCATIONS', 'false'))
param subscriptionTopicName = readEnvironmentVariable('KEYMEND_SUBSCRIPTION_TOPIC', '')

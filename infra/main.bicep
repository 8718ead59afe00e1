// Keymend for one subscription: the app, its identities and least-privilege roles, and the events that wake it.
// npm run deploy and azd up deploy it twice: first without events (Event Grid refuses a function that does not exist yet), then with
// deployEvents=true, once the code is published. With packageUri, the place of a released zip, once is enough.
targetScope = 'subscription'

@description('Region of everything that is made here.')
param location string = deployment().location

@description('Resource group for the app; made if it is missing.')
param resourceGroupName string = 'rg-keymend'

@description('Begins the names of the resources; 3 to 11 lower-case letters and digits.')
@minLength(3)
@maxLength(11)
param name string = 'keymend'

@description('observe: diagnose and write nothing. approve: every plan waits for a person. heal: policy decides.')
@allowed(['observe', 'approve', 'heal'])
param mode string = 'observe'

@description('How the storage of code and records is kept. Regions without availability zones refuse the default.')
@allowed(['Standard_LRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param storageSku string = 'Standard_ZRS'

@description('App settings that take the place of the ones in modules/app.bicep, by name: {"KEYMEND_CAUSES": "KeyDisabled=auto"}. docs/settings.md has them all. What the deployment itself decides is refused here.')
param settings object = {}

@description('Names of the resource groups that the vaults are in, whichever these are: Keymend may work there, finds the vaults by their databases and arms them itself.')
param vaultGroups string[] = []

@description('Vaults that are armed by this deployment, all in this subscription: in mode observe Keymend arms none. Their resource ids; their resource groups are among those above. topicName: the vault\'s Event Grid system topic where it has one already (only one is allowed per vault), by its resource id where that is in another resource group than the vault.')
param vaults watchedVault[] = []

@description('Further subscriptions to watch, each with a deployment of watch.bicep: their ids.')
param watchedSubscriptions string[] = []

@description('Application (client) id or application id URI that callers of the operations API ask a token for. The app registration declares the roles Keymend.Reader, Keymend.Operator and Keymend.Approver.')
param apiAudience string

@description('Object id of the Azure Cosmos DB service principal in this tenant; only where accounts use the first-party identity.')
param firstPartyPrincipalId string = ''

@description('Object ids of people or pipelines whose changes count as meant: their changes are mended only after an approval.')
param privilegedCallers string[] = []

@description('The Log Analytics workspace that the vaults send their audit log to, by its own id (a GUID): it says whose change of a key it was. Asked only where privilegedCallers are named.')
param logWorkspaceId string = ''

@description('The same workspace by its resource id, in this subscription, where Keymend then may read the log of key vaults. Empty: the role is given by hand.')
param logWorkspaceResourceId string = ''

@description('What Keymend repairs itself, each with an identity and a role of its own; what is not among them it hands to a person, with the commands. Mode observe deploys none.')
param repairs repair[] = ['keys', 'access', 'databases', 'vaults']

@description('Repairs on access-policy vaults. Azure has no condition for access policies: whoever may write them may grant anything on that vault, also to itself.')
param allowAccessPolicyRepairs bool = false

@description('Recovering a deleted vault, setting the firewall bypass, and turning on purge protection, which nobody can turn off again: needs vaults/write, with the same reach as access policies.')
param allowVaultRepairs bool = false

@description('Replacing a deleted identity: needs to create and assign user-assigned identities.')
param allowIdentityRepairs bool = false

@description('Repairs of clusters: needs mongoClusters/write, which also resets the password of a cluster\'s administrator.')
param allowClusterRepairs bool = true

@description('Taking the role of a database\'s identity away where somebody revokes it on purpose: needs roleAssignments/delete, which takes databases down.')
param allowRevocations bool = false

@description('In whose name Keymend asks Microsoft support itself where the service does not give a database back: firstName=..., lastName=..., email=..., country=..., timeZone=... and, where support may look into the diagnostics of databases, diagnostics=yes. An identity of its own then opens the tickets. Empty: a person does.')
param supportContact string = ''

@description('Endpoint of a custom Event Grid topic that hears all that is told; empty: none.')
param outcomeTopicEndpoint string = ''

@description('Who gets a mail when an incident ends otherwise than quietly, or nobody sweeps. Empty, and no action group: nobody is told.')
param alertEmails string[] = []

@description('An action group that is told the same: its resource id.')
param actionGroupId string = ''

@description('Memory of each instance. What is always ready is paid for by it.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('The subnet that the app speaks from: its resource id. Delegated to Microsoft.App/environments, in the region of the app; empty: none.')
param subnetId string = ''

@description('The subnet for private endpoints, by its resource id: in this subscription and region, in a network that subnetId reaches. The app\'s own storage is then closed to the public; empty: it is not.')
param endpointSubnetId string = ''

@description('Vaults that let in private endpoints only: their resource ids. Each gets one in endpointSubnetId.')
param privateVaults string[] = []

@description('Private DNS zones that the network has already, by what they are for: {"blob": ID, "queue": ID, "table": ID, "vault": ID}. What is not named is made and linked.')
param privateDnsZones object = {}

@description('For how long the anchors of the audit can be taken away by nobody, also not by whoever owns the subscription: ISO 8601.')
param recordsRetention string = 'P365D'

@description('For how many days the log is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('The system topic of this subscription where it has one already (only one is allowed): its name, or its resource id where it is in another resource group than the app.')
param subscriptionTopicName string = ''

@description('Where the zip of a release is, for the app to fetch; empty: the code is published by other means.')
param packageUri string = ''

@description('True once the code is published. With packageUri it is, and the events come in any case.')
param deployEvents bool = false

@description('keys: expiry, attributes, recovery. access: role assignments and access policies. databases: their identities and key URIs. vaults: recovery, firewall bypass, events.')
type repair = 'keys' | 'access' | 'databases' | 'vaults'

@description('A vault to watch.')
type watchedVault = {
  id: string
  topicName: string?
}

// Roles follow these, or what they name is deployed here: a setting that says otherwise would part what Keymend does from what it may do.
var decidedByParameters = [
  'keymend_mode'
  'keymend_cloud'
  'keymend_api_audience'
  'keymend_first_party_principal_id'
  'keymend_privileged_callers'
  'keymend_log_workspace'
  'keymend_support_contact'
  'keymend_anchor_retention'
  'keymend_outcome_topic_endpoint'
  'keymend_subscriptions'
  'keymend_identities'
  'keymend_allowed_repairs'
  'keymend_function_app'
  'keymend_dead_letters'
]
var contradicting = intersection(map(objectKeys(settings), setting => toLower(setting)), decidedByParameters)

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
}

// Mode observe asks nobody.
var asksSupport = mode != 'observe' && !empty(supportContact)

module identities 'modules/identities.bicep' = {
  name: '${name}-identities'
  scope: group
  params: {
    name: name
    location: location
    capabilities: union(['observe'], mode == 'observe' ? [] : union(repairs, asksSupport ? ['support'] : []))
  }
}

// Object ids by capability.
var principals = toObject(identities.outputs.identities, identity => identity.capability, identity => identity.principalId)

module app 'modules/app.bicep' = {
  name: '${name}-app'
  scope: group
  params: {
    name: name
    location: location
    storageSku: storageSku
    mode: mode
    watchedSubscriptions: watchedSubscriptions
    apiAudience: apiAudience
    firstPartyPrincipalId: firstPartyPrincipalId
    privilegedCallers: privilegedCallers
    logWorkspaceId: logWorkspaceId
    supportContact: supportContact
    outcomeTopicEndpoint: outcomeTopicEndpoint
    instanceMemoryMB: instanceMemoryMB
    identities: identities.outputs.identities
    allowedRepairs: concat(
      allowAccessPolicyRepairs ? ['accessPolicies'] : [],
      allowVaultRepairs ? ['vaults'] : [],
      allowIdentityRepairs ? ['identities'] : [],
      allowClusterRepairs ? ['clusters'] : [],
      allowRevocations ? ['revocations'] : []
    )
    recordsRetention: recordsRetention
    deadLetterer: withDeadLetters && armsVaults ? deadLettererName : ''
    subnetId: subnetId
    endpointSubnetId: empty(endpointSubnetId) || !empty(subnetId) ? endpointSubnetId : fail('endpointSubnetId: the app reaches it by subnetId alone')
    privateDnsZones: privateDnsZones
    logRetentionDays: logRetentionDays
    overrides: empty(contradicting) ? settings : fail('settings: the deployment itself decides ${join(contradicting, ', ')}')
  }
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

// Once for each resource group, however many of the vaults are in it.
var groupsWithVaults = union(map(vaultGroups, group => toLower(group)), map(vaults, vault => toLower(split(vault.id, '/')[4])))

module vaultGroup 'modules/vault-group.bicep' = [for (id, i) in groupsWithVaults: {
  name: '${name}-vault-group-${i}'
  scope: resourceGroup(id)
  params: {
    principals: principals
    roles: roles.outputs.roles
  }
}]

module logReader 'modules/log-reader.bicep' = [for id in (empty(logWorkspaceResourceId) ? [] : [logWorkspaceResourceId]): {
  name: '${name}-log-reader'
  scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
  params: {
    workspaceName: last(split(id, '/'))
    principalId: principals.observe
    owner: '${name}, ${subscription().subscriptionId}'
  }
}]

module support 'modules/support.bicep' = if (asksSupport) {
  name: '${name}-support'
  params: {
    principalId: principals.?support ?? ''
    owner: '${name}, ${subscription().subscriptionId}'
  }
}

module code 'modules/code.bicep' = if (!empty(packageUri)) {
  name: '${name}-code'
  scope: group
  params: {
    functionAppName: app.outputs.functionAppName
    packageUri: packageUri
  }
}

// A function that does not exist yet can't be a destination.
var withEvents = deployEvents || !empty(packageUri)

module vaultEndpoints 'modules/private-endpoints.bicep' = if (!empty(privateVaults)) {
  name: '${name}-endpoints-vault'
  scope: group
  params: {
    name: name
    location: location
    kind: 'vault'
    subnetId: empty(endpointSubnetId) ? fail('privateVaults: their endpoints need endpointSubnetId') : endpointSubnetId
    networkId: join(take(split(subnetId, '/'), 9), '/')
    zoneId: privateDnsZones.?vault ?? ''
    targets: privateVaults
  }
}

resource watched 'Microsoft.KeyVault/vaults@2024-11-01' existing = [for vault in vaults: {
  name: last(split(vault.id, '/'))
  scope: resourceGroup(split(vault.id, '/')[2], split(vault.id, '/')[4])
}]

// Into storage that is closed to the public Event Grid writes with no user-assigned identity (Microsoft Learn, "Deliver events securely using
// managed identities", firewall and virtual network rules); what is dropped there is told by an alert.
var withDeadLetters = withEvents && empty(endpointSubnetId)

// Of what is not deployed no output may be asked for: the name is what all three go by.
var deadLettererName = 'id-${name}-events'

// In any case: a container in the locked account of the records can't be taken away again (Microsoft Learn, "Lock your resources to protect your
// infrastructure": inheritance), and a stack that tries to ends as failed, each time anew.
module deadLetters 'modules/dead-letters.bicep' = {
  name: '${name}-dead-letters'
  scope: group
  params: {
    name: name
    location: location
    storageName: last(split(app.outputs.storageId, '/'))
    identityName: deadLettererName
  }
}

// Whether Keymend arms vaults itself.
var armsVaults = mode != 'observe' && contains(repairs, 'vaults')

module deadLetterer 'modules/dead-letterer.bicep' = if (withDeadLetters && armsVaults) {
  name: '${name}-dead-letterer'
  scope: group
  params: {
    identityName: deadLettererName
    principalId: principals.?vaults ?? ''
    owner: '${name}, ${subscription().subscriptionId}'
  }
  dependsOn: [deadLetters]
}

// By its resource id a topic is wherever that says, by its name beside its vault, or the app.
var vaultTopics = [for vault in vaults: {
  name: last(split(vault.?topicName ?? '${name}-${last(split(vault.id, '/'))}', '/'))
  group: split(vault.?topicName ?? '', '/')[?4] ?? split(vault.id, '/')[4]
}]
var subscriptionTopic = {
  name: empty(subscriptionTopicName) ? '${name}-subscription' : last(split(subscriptionTopicName, '/'))
  group: split(subscriptionTopicName, '/')[?4] ?? resourceGroupName
}

module vaultEvents 'modules/vault-events.bicep' = [for (vault, i) in vaults: if (withEvents) {
  name: '${name}-events-${i}'
  scope: resourceGroup(vaultTopics[i].group)
  params: {
    name: name
    vaultName: last(split(vault.id, '/'))
    vaultLocation: watched[i].location
    topicName: vaultTopics[i].name
    reuseTopic: contains(vault, 'topicName')
    functionAppId: app.outputs.functionAppId
    deadLetters: withDeadLetters ? deadLetters.outputs.place : null
  }
  dependsOn: [code]
}]

module subscriptionEvents 'modules/subscription-events.bicep' = if (withEvents) {
  name: '${name}-events-subscription'
  scope: resourceGroup(subscriptionTopic.group)
  params: {
    name: name
    topicName: subscriptionTopic.name
    reuseTopic: !empty(subscriptionTopicName)
    functionAppId: app.outputs.functionAppId
  }
  dependsOn: [code]
}

// Where no code runs yet nobody sweeps, and that is no alarm.
var withAlerts = withEvents && (!empty(alertEmails) || !empty(actionGroupId))

module alerts 'modules/alerts.bicep' = if (withAlerts) {
  name: '${name}-alerts'
  scope: group
  params: {
    name: name
    location: location
    insightsName: app.outputs.insightsName
    emails: alertEmails
    actionGroupId: actionGroupId
  }
  dependsOn: [code]
}

module lostVaultEvents 'modules/lost-events.bicep' = [for (vault, i) in vaults: if (withAlerts) {
  name: '${name}-lost-${i}'
  scope: resourceGroup(vaultTopics[i].group)
  params: {
    name: name
    topicName: vaultTopics[i].name
    areKept: withDeadLetters && !contains(vault, 'topicName')
    actionGroups: alerts!.outputs.actionGroups
  }
  dependsOn: [vaultEvents]
}]

module lostSubscriptionEvents 'modules/lost-events.bicep' = if (withAlerts) {
  name: '${name}-lost-subscription'
  scope: resourceGroup(subscriptionTopic.group)
  params: {
    name: name
    topicName: subscriptionTopic.name
    areKept: false
    actionGroups: alerts!.outputs.actionGroups
  }
  dependsOn: [subscriptionEvents]
}

@description('Where the operations API is.')
output apiUrl string = app.outputs.apiUrl

@description('For watch.bicep: where the events of other subscriptions go.')
output functionAppId string = app.outputs.functionAppId

@description('Publish the code here: az functionapp deployment source config-zip --src ZIP')
output functionAppName string = app.outputs.functionAppName

@description('Where the records are: lock it.')
output storageId string = app.outputs.storageId

@description('Keymend\'s own identity that reads, and that the app runs as: its object id.')
output principalId string = principals.observe

@description('All of them: object ids by capability.')
output principalIds object = principals

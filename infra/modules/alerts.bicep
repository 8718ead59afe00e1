// Who is told, and of what: each rule reads the lines that the app itself writes, so that it means what they mean.
param name string
param location string
param insightsName string

@description('Who gets a mail.')
param emails string[]

@description('An action group that is there already: its resource id. Empty: one is made for the mails.')
param actionGroupId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource made 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: 'ag-${name}'
  location: 'global'
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [for email in emails: {
      name: email
      emailAddress: email
      useCommonAlertSchema: true
    }]
  }
}

// Severities: 0 critical, 1 error, 2 warning (Microsoft Learn, "Azure Monitor alerts": severity).
// A rule that resolves by itself fires no second time before that, and then says that all is well (Microsoft Learn, "Overview of Azure Monitor
// alerts": alerts and state). So only the absence of sweeps does: what a line says once is not over when the line is, and no incident may
// be hidden behind another. The others tell each line once, as their windows follow one another.
var rules = [
  {
    name: 'outcome'
    severity: 1
    summary: 'An incident ended otherwise than quietly, a database lost its key meanwhile, what was revoked on purpose works again, or Azure set another value than was asked for.'
    query: 'traces | where severityLevel >= 3 and (message startswith \'{"event":"closed"\' or message startswith \'{"event":"outage"\' or message startswith \'{"event":"otherValue"\' or message startswith \'{"event":"revocationUndone"\')'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT5M'
    every: 'PT5M'
    resolves: false
  }
  {
    name: 'unwell'
    severity: 1
    summary: 'Keymend itself is not well: a sweep that failed, an instance that hung, an outcome that could not be told, a role that its identities lack, or nothing to watch.'
    query: 'traces | where message startswith \'{"event":"nothingToWatch"\' or (severityLevel >= 3 and message startswith \'{"event":"\' and not(message startswith \'{"event":"closed"\' or message startswith \'{"event":"outage"\' or message startswith \'{"event":"otherValue"\' or message startswith \'{"event":"revocationUndone"\' or message startswith \'{"event":"storm"\'))'
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    every: 'PT15M'
    resolves: false
  }
  {
    name: 'storm'
    severity: 0
    summary: 'Too many vaults lost their key at once: nothing is written until a person has looked.'
    query: 'traces | where message startswith \'{"event":"storm"\''
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT5M'
    every: 'PT5M'
    resolves: false
  }
  {
    name: 'no-sweep'
    severity: 1
    summary: 'No sweep for 15 minutes: nobody looks after the databases.'
    query: 'traces | where message startswith \'{"event":"swept"\''
    operator: 'LessThan'
    threshold: 1
    window: 'PT15M'
    every: 'PT5M'
    resolves: true
  }
  {
    name: 'dropped'
    severity: 2
    summary: 'Events arrive that Keymend can not read, or that Event Grid has given up to deliver to it.'
    query: 'traces | where message startswith \'{"event":"eventDropped"\' or message startswith \'{"event":"eventsLost"\''
    operator: 'GreaterThan'
    threshold: 0
    window: 'PT15M'
    every: 'PT15M'
    resolves: false
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for rule in rules: {
  name: 'alert-${name}-${rule.name}'
  location: location
  properties: {
    displayName: 'Keymend (${name}): ${rule.name}'
    description: rule.summary
    severity: rule.severity
    enabled: true
    scopes: [insights.id]
    evaluationFrequency: rule.every
    windowSize: rule.window
    criteria: {
      allOf: [
        {
          query: rule.query
          timeAggregation: 'Count'
          operator: rule.operator
          threshold: rule.threshold
        }
      ]
    }
    autoMitigate: rule.resolves
    actions: {
      actionGroups: concat(empty(emails) ? [] : [made.id], empty(actionGroupId) ? [] : [actionGroupId])
    }
  }
}]

output actionGroups string[] = concat(empty(emails) ? [] : [made.id], empty(actionGroupId) ? [] : [actionGroupId])

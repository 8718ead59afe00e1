// Tells of events of one system topic that never reached Keymend. Its sweep finds the same a few minutes later.
param topicName string

@description('With a dead-letter container they are kept there; without one Event Grid drops them.')
param areKept bool

param actionGroups string[]

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

// Microsoft Learn, "Supported metrics with Azure Monitor": Microsoft.EventGrid/systemTopics.
resource lost 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-${topicName}-lost'
  location: 'global'
  properties: {
    description: 'Events about keys or their vaults were not delivered to Keymend.'
    severity: 2
    enabled: true
    scopes: [topic.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'lost'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: areKept ? 'DeadLetteredCount' : 'DroppedEventCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    autoMitigate: true
    actions: [for id in actionGroups: { actionGroupId: id }]
  }
}

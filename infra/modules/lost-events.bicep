// Tells of events of one system topic that never reached Keymend. Its sweep finds the same a few minutes later.
@description('The name of the deployment: another Keymend may listen at the same topic.')
param name string

param topicName string

@description('With a dead-letter container they are kept there, unless that can not be written for hours; without one Event Grid drops them.')
param areKept bool

param actionGroups string[]

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

// What is dropped in spite of a container (Microsoft Learn, "Event Grid message delivery and retry") counts among the dropped alone.
var metrics = concat(
  [{ name: 'lost', metric: 'DroppedEventCount' }],
  areKept ? [{ name: 'kept', metric: 'DeadLetteredCount' }] : []
)

// Microsoft Learn, "Supported metrics with Azure Monitor": Microsoft.EventGrid/systemTopics.
resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [for one in metrics: {
  name: 'alert-${name}-${topicName}-${one.name}'
  location: 'global'
  properties: {
    description: 'Events about keys or their vaults were not delivered to Keymend, or to whoever else listens at this topic.'
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
          name: one.name
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: one.metric
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    autoMitigate: true
    actions: [for id in actionGroups: { actionGroupId: id }]
  }
}]

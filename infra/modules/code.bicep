// The code, fetched by the app itself from where a release is. Flex Consumption takes it by this one way of deployment only
// (Microsoft Learn, "Automate resource deployment for your function app": onedeploy).
param functionAppName string
param packageUri string

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: functionAppName
}

resource code 'Microsoft.Web/sites/extensions@2024-04-01' = {
  parent: app
  name: 'onedeploy'
  // remoteBuild is not among the properties that Bicep knows of this type; without it the app would try to build what is built.
  #disable-next-line BCP187
  properties: {
    packageUri: packageUri
    remoteBuild: false
  }
}

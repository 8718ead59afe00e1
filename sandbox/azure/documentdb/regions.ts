/** Azure regions have two spellings: accounts say "East US 2", operation URLs, clusters and vaults `eastus2`. */
const NAMES = [
  "East US",
  "East US 2",
  "Central US",
  "North Central US",
  "South Central US",
  "West US",
  "West US 2",
  "West US 3",
  "North Europe",
  "West Europe",
  "UK South",
  "France Central",
  "Germany West Central",
  "Sweden Central",
  "Switzerland North",
  "Southeast Asia",
  "Japan East",
  "Australia East",
];

export const regionNames = (): readonly string[] => NAMES;

export const regionCode = (location: string): string => location.replaceAll(" ", "").toLowerCase();

export const regionName = (location: string): string => NAMES.find((n) => regionCode(n) === regionCode(location)) ?? location;

/** What the demo's configuration refers to, with values that are easy to find where they do not belong. */
export const demoEnv: Record<string, string> = {
  HUBSPOT_ACCESS_TOKEN: 'demo-hubspot-token-value',
  HUBSPOT_CLIENT_SECRET: 'demo-hubspot-client-secret-value',
  AZURE_URL: 'postgres://demo-azure-url-value',
  IELTS_URL: 'http://demo-ielts-url-value',
  IELTS_TOKEN: 'demo-ielts-token-value',
  EOL_URL: 'http://demo-eol-url-value',
  EOL_API_KEY: 'demo-eol-key-value',
  IMPACT_FOLDER: '/demo-impact-folder-value',
  ERP_URL: 'postgres://demo-erp-url-value',
};

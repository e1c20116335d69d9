/** A person at the simulator's consent page: opens it, answers. Out: where the browser is sent then. */
export async function consent(authorizeUrl: string, decision: 'approve' | 'deny' = 'approve'): Promise<URL> {
  const page = await fetch(authorizeUrl);
  if (page.status !== 200) throw new Error(`the consent page says: ${await page.text()}`);
  const answered = await fetch(authorizeUrl, {
    method: 'POST',
    body: new URLSearchParams({ decision }),
    redirect: 'manual',
  });
  const location = answered.headers.get('location');
  if (answered.status !== 302 || location === null) throw new Error(`no way back: ${await answered.text()}`);
  return new URL(location);
}

/** The app that tests install. */
export const testApp = {
  clientId: 'client-of-the-test',
  clientSecret: 'secret-of-the-test-app',
  redirectUri: 'http://127.0.0.1:9/oauth/callback',
};

/** The same as the simulator registers it. */
export const registeredApp = {
  clientId: testApp.clientId,
  clientSecret: testApp.clientSecret,
  redirectUris: [testApp.redirectUri],
};

/** The consent page's address for the test's app; `changes` replace or (undefined) remove parameters. */
export function authorizeUrl(baseUrl: string, changes: Record<string, string | undefined> = {}): string {
  const url = new URL(`${baseUrl}/oauth/authorize`);
  const query = {
    client_id: testApp.clientId,
    redirect_uri: testApp.redirectUri,
    scope: 'oauth crm.objects.contacts.read',
    state: 'state-of-the-test',
    ...changes,
  };
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

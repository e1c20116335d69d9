import { pageStyle } from './pageStyle';

/** An HTML document of the simulator, which says on top that it is not HubSpot. */
export const pageFrame = (headerEnd: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>HubSpot simulator</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
  <h1>HubSpot simulator</h1>
  <p>Not HubSpot: a stand-in on this machine. Nothing here reaches a real account.</p>
${headerEnd}</header>
${body}
</body>
</html>
`;

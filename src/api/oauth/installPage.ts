import type { Response } from 'express';

/** What a person in front of a browser sees of an installation. Plain text; links are addresses of ours. */
export interface InstallPage {
  status: number;
  title: string;
  lines: string[];
  links?: { href: string; text: string }[];
}

/** Answers with a page of its own: nothing is loaded, and no search engine, cache or next address learns of it. */
export function sendPage(response: Response, { status, title, lines, links = [] }: InstallPage): void {
  const paragraphs = lines.map((line) => `<p>${escaped(line)}</p>`);
  const items = links.map(({ href, text }) => `<li><a href="${escaped(href)}">${escaped(text)}</a></li>`);
  response
    .status(status)
    .set({ 'Cache-Control': 'no-store', 'X-Robots-Tag': 'noindex' })
    .type('html')
    .send(
      `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} – Tributary</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:15vh auto;padding:0 1em}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${paragraphs.join('\n')}
${items.length > 0 ? `<ul>${items.join('')}</ul>` : ''}
</body>
</html>
`,
    );
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

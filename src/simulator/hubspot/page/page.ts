import { pageScript } from './pageScript';
import { pageStyle } from './pageStyle';

/** The page at `/`: one HTML document that reads the control plane's JSON. */
export const page = `<!doctype html>
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
  <p id="account"></p>
  <p id="trouble" role="alert"></p>
</header>
<main>
  <nav aria-label="Object types"><h2>Objects</h2><div id="types"></div></nav>
  <section aria-label="Records">
    <div class="bar">
      <input id="q" type="search" placeholder="Search any value or id" aria-label="Search any value or id">
      <span id="range" class="dim"></span>
      <button id="back" type="button">Back</button>
      <button id="next" type="button">Next</button>
    </div>
    <div class="scroll"><table><thead><tr id="head"></tr></thead><tbody id="rows"></tbody></table></div>
    <div class="empty" id="none" hidden></div>
  </section>
  <section id="record" aria-label="Record"></section>
</main>
<section id="stats" aria-label="Calls">
  <h2>Calls since the last reset</h2>
  <div class="tiles" id="tiles"></div>
  <div class="scroll"><table><tbody id="calls"></tbody></table></div>
</section>
<script>${pageScript}</script>
</body>
</html>
`;
